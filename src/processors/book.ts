import type { BookingPorts } from '../services/booking/ports.ts';
import { runAttempt } from '../services/booking/saga.ts';
import { done, type Handler, skip, snooze } from './handler.ts';

export const book =
  (ports: BookingPorts): Handler<'book'> =>
  async ({ attemptId }, { signal, tries }) => {
    const result = await runAttempt(ports, attemptId, { signal, tries });
    if (result.kind === 'not_ours') return skip(result.why);
    return result.kind === 'later' ? snooze(result.ms, result.why) : done();
  };
