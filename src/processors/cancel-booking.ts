import type { CancellingPorts } from '../services/cancelling/ports.ts';
import { runCancellation } from '../services/cancelling/saga.ts';
import { done, type Handler, skip, snooze } from './handler.ts';

export const cancelBooking =
  (ports: CancellingPorts): Handler<'cancel-booking'> =>
  async ({ bookingId }, { signal, tries }) => {
    const result = await runCancellation(ports, bookingId, { signal, tries });
    if (result.kind === 'not_ours') return skip(result.why);
    return result.kind === 'later' ? snooze(result.ms, result.why) : done();
  };
