import { insertAttempt } from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import type { Trx } from '../../db/client.ts';
import { moveTrip } from '../../db/trips.ts';
import { enqueue } from '../../queues/outbox.ts';

/** How long an attempt may take to reach its order; past it, nothing new is begun and all is undone. */
export const ATTEMPT_DEADLINE_MS = 10 * 60_000;

export interface BookingStart {
  readonly tripId: string;
  readonly userId: string;
  readonly correlationId: string;
  readonly now: Date;
  /** Only these flights will do; null lets the fresh search choose. */
  readonly wantedItinerary: string | null;
  readonly selectedOfferId: string;
  readonly actor: string;
  readonly flags?: Record<string, boolean>;
  readonly detail: Record<string, unknown>;
}

/**
 * Moves a watched trip to BOOKING and asks for its attempt, all in the caller's transaction.
 * @returns the attempt's id, or undefined when the trip is no longer being watched
 */
export async function beginBooking(trx: Trx, start: BookingStart): Promise<string | undefined> {
  const { tripId, userId, correlationId, wantedItinerary, selectedOfferId, now } = start;
  const outcome = { code: 'booking', message: 'An offer fits. We are buying it now.' };
  const moved = await moveTrip(trx, tripId, ['PENDING'], 'BOOKING', {
    outcome,
    selectedOfferId,
    nextCheckAt: null,
  });
  if (!moved) return undefined;
  const deadline = new Date(now.getTime() + ATTEMPT_DEADLINE_MS);
  const attempt = await insertAttempt(trx, { tripId, userId, correlationId, deadline, wantedItinerary });
  await audit(trx, {
    userId,
    tripId,
    attemptId: attempt.id,
    type: 'booking.started',
    detail: { number: attempt.number, ...start.detail },
    actor: start.actor,
    correlationId,
    ...(start.flags && { flags: start.flags }),
  });
  await enqueue(trx, 'book', { attemptId: attempt.id, tripId, number: attempt.number }, { correlationId });
  return attempt.id;
}
