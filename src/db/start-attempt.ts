import { sql } from 'kysely';
import type { AttemptStart } from '../ports/storage/attempts.ts';
import { audit } from './audits.ts';
import type { Trx } from './client/index.ts';
import { insertJobs } from './outbox.ts';
import { moveTrip } from './trips.ts';

/**
 * Moves a watched trip to BOOKING and inserts its attempt, in the caller's transaction.
 * @returns the attempt's id, or undefined when the trip is no longer watched
 * @throws a unique violation of `booking_attempts_one_live` when the trip has another live attempt
 */
export async function startAttempt(trx: Trx, start: AttemptStart): Promise<string | undefined> {
  const { tripId, userId, correlationId, deadline, wantedItinerary, wantedFare } = start;
  const { selectedOfferId, outcome } = start;
  const moved = await moveTrip(trx, tripId, ['PENDING'], 'BOOKING', {
    outcome,
    selectedOfferId,
    nextCheckAt: null,
  });
  if (!moved) return undefined;
  const next = sql<number>`(select coalesce(max(number), 0) + 1 from booking_attempts where trip_id = ${tripId})`;
  const attempt = await trx
    .insertInto('bookingAttempts')
    .values({
      tripId,
      userId,
      correlationId,
      deadline,
      wantedItinerary,
      wantedFare,
      number: next,
      idempotencyKey: sql`${`book-${tripId}-`} || ${next}`,
    })
    .returning(['id', 'number'])
    .executeTakeFirstOrThrow();
  const { detail, ...entry } = start.audit;
  await audit(trx, {
    ...entry,
    userId,
    tripId,
    attemptId: attempt.id,
    detail: { number: attempt.number, ...detail },
    correlationId,
  });
  await insertJobs(trx, [start.job(attempt)]);
  return attempt.id;
}
