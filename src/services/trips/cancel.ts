import type { Compensation } from '../../domain/attempt.ts';
import { tooLateToCancel } from '../../domain/trip-cancellation.ts';
import { Refused } from '../../errors.ts';
import type { Trip, TripWrites } from '../../ports/storage/trips.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { type TripView, viewTrip } from './view.ts';

const CANCELLED: Compensation = {
  code: 'cancelled',
  message: 'You cancelled the trip.',
  to: 'cancelled',
};

/**
 * Cancels a trip. Before the order call its attempt is compensated and the authorization voided. Once an order may be on
 * its way that can't be promised, and the request is refused. Cancelling a cancelled trip changes nothing.
 * @throws Refused `conflict`, saying what happens instead
 */
export async function cancelTrip(
  deps: Pick<TripDeps, 'trips' | 'afterCommit'>,
  { id, userId, correlationId }: TripRequest,
): Promise<TripView> {
  const cancelled = await deps.trips.transaction(userId, async (trx) => {
    const trip = requireTrip(await trx.lock(id));
    if (trip.autoBookStatus === 'CANCELLED') return trip;
    refuseWhenOver(trip);
    const attemptId =
      trip.autoBookStatus === 'BOOKING' ? await compensateLiveAttempt(trx, trip, correlationId) : null;
    await trx.move(id, {
      from: [trip.autoBookStatus],
      to: 'CANCELLED',
      outcome: { code: 'cancelled', message: 'You cancelled this trip. Nothing was charged.' },
      nextCheckAt: null,
    });
    await trx.audit({
      userId,
      tripId: id,
      attemptId,
      type: 'trip.cancelled',
      actor: `user:${userId}`,
      correlationId,
    });
    return requireTrip(await trx.find(id));
  });
  deps.afterCommit();
  return viewTrip(cancelled);
}

function refuseWhenOver({ autoBookStatus }: Trip): void {
  if (autoBookStatus === 'BOOKED')
    throw new Refused(
      'conflict',
      'This trip is booked. Cancel the booking instead; its fare decides what is refunded.',
    );
  if (autoBookStatus === 'EXPIRED')
    throw new Refused('conflict', 'This trip has expired; there is nothing to cancel.');
}

/** @returns the attempt's id; null when the trip has no live attempt. @throws Refused `conflict` when it is too late */
async function compensateLiveAttempt(
  trx: TripWrites,
  trip: Trip,
  correlationId: string,
): Promise<string | null> {
  const attempt = await trx.lockLiveAttempt(trip.id);
  if (!attempt) return null;
  const tooLate = tooLateToCancel(attempt);
  if (tooLate) throw new Refused('conflict', tooLate);
  const epoch = await trx.compensateAttempt(attempt.id, CANCELLED);
  const payload = {
    attemptId: attempt.id,
    tripId: trip.id,
    number: attempt.number,
    nudge: `cancel${epoch}`,
  };
  await trx.enqueue(toOutboxJob('book', payload, { correlationId }));
  return attempt.id;
}
