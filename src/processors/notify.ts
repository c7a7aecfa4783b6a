import { type NotifyPorts, sendNotification } from '../services/notifications/send.ts';
import { done, type Handler, skip } from './handler.ts';

export const notify =
  (deps: NotifyPorts): Handler<'notify'> =>
  async ({ notificationId }) => {
    const outcome = await sendNotification(deps, notificationId);
    return outcome === 'not_ours'
      ? skip('already sent, given up, or claimed by another worker')
      : done(outcome);
  };
