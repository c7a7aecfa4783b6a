import { followPayment as follow } from '../services/refunds/follow.ts';
import type { FollowPorts } from '../services/refunds/ports.ts';
import { done, type Handler } from './handler.ts';

export const followPayment =
  (ports: FollowPorts): Handler<'follow-payment'> =>
  async ({ paymentIntentId }) =>
    done(await follow(ports, paymentIntentId));
