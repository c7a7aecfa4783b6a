import { Permanent } from '../errors.ts';
import { followOrder as follow } from '../services/orders/follow.ts';
import type { FollowOrderPorts } from '../services/orders/ports.ts';
import { done, type Handler, skip } from './handler.ts';

export const followOrder =
  (ports: FollowOrderPorts): Handler<'follow-order'> =>
  async ({ orderId }) => {
    try {
      return done(await follow(ports, orderId));
    } catch (error) {
      // A read may lag behind the order; the next look is ten minutes away.
      if (error instanceof Permanent) return skip(`the seller does not show it: ${error.code}`);
      throw error;
    }
  };
