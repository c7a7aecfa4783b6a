import type { Attempt } from '../../../domain/attempt.ts';
import { fraction } from '../../../domain/search-schedule.ts';
import type { Retryable } from '../../../errors.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { next } from '../results.ts';

/** The wait after the first refusal, in ms. It doubles each time, whatever the seller states. */
export const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** So far apart, in ms, are attempts that were turned away in the same moment. */
const SPREAD_MS = 1_000;

/**
 * The seller never began (429): the call may be made again once it allows, if the offer lives that long. However the seller
 * states the wait, it grows; a wait of 0 ms is one of 0 ms, and not none.
 */
export function turnedAway(
  { session }: BookingStepPorts,
  { id }: Attempt,
  { code, retryAfterMs = 0 }: Retryable,
): BookingStepResult {
  const intent = session.findIntent('order');
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** ((intent?.tries ?? 1) - 1));
  const pauseMs = Math.ceil(Math.max(retryAfterMs, growing) + SPREAD_MS * fraction(id));
  // Counted from the intent, as its age is.
  const result = { code, pauseMs: Math.ceil((intent?.ageMs ?? 0) + pauseMs) };
  return next('order', {
    recorded: { step: 'order', outcome: 'not_attempted', result },
    pauseMs,
    events: [{ type: 'order.delayed', detail: { code, pauseMs } }],
  });
}
