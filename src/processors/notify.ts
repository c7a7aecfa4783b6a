import { type NotifyDeps, sendNotification } from '../services/notifying/send.ts';
import { done, type Handler, skip } from './handler.ts';

export const notify =
  (deps: NotifyDeps): Handler<'notify'> =>
  async ({ notificationId }) => {
    const outcome = await sendNotification(deps, notificationId);
    return outcome === 'not_ours' ? skip('already sent, or in other hands') : done(outcome);
  };
