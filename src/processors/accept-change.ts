import { acceptChange as accept } from '../services/orders/accept.ts';
import type { AcceptChangePorts } from '../services/orders/ports.ts';
import { done, type Handler } from './handler.ts';

export const acceptChange =
  (ports: AcceptChangePorts): Handler<'accept-change'> =>
  async ({ changeId }) =>
    done(await accept(ports, changeId));
