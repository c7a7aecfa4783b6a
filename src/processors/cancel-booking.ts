import { type CancelDeps, cancelBooking as cancel } from '../services/cancelling.ts';
import { done, type Handler } from './handler.ts';

export const cancelBooking =
  (deps: CancelDeps): Handler<'cancel-booking'> =>
  async ({ bookingId }, { correlationId }) =>
    done(await cancel(deps, bookingId, correlationId));
