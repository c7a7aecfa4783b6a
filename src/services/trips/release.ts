import { notReleasable } from '../../domain/trip-cancellation.ts';
import { Refused } from '../../errors.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { type TripView, viewTrip } from './view.ts';

/**
 * Ends the wait for an order of unknown outcome, as the traveller asks and at their own choice: the order is looked up once
 * more, then the authorization is voided. An order that turns up all the same is cancelled if its fare allows. The caller
 * has made sure that the traveller understood this.
 * @throws Refused `conflict` when no order is waited for
 */
export async function releaseTrip(
  deps: Pick<TripDeps, 'trips' | 'afterCommit'>,
  { id, userId, correlationId }: TripRequest,
): Promise<TripView> {
  const releasing = await deps.trips.transaction(userId, async (trx) => {
    requireTrip(await trx.lock(id));
    const attempt = await trx.lockLiveAttempt(id);
    const reason = notReleasable(attempt);
    if (reason || !attempt) throw new Refused('conflict', reason ?? '');
    const epoch = await trx.requestRelease(attempt.id);
    await trx.move(id, {
      from: ['BOOKING'],
      to: 'BOOKING',
      outcome: {
        code: 'releasing',
        message: 'You asked not to wait for the airline. We look once more, then your money is released.',
      },
    });
    await trx.audit({
      userId,
      tripId: id,
      attemptId: attempt.id,
      type: 'booking.release_requested',
      actor: `user:${userId}`,
      correlationId,
    });
    const { id: attemptId, number } = attempt;
    const payload = { attemptId, tripId: id, number, nudge: `release${epoch}` };
    await trx.enqueue(toOutboxJob('book', payload, { correlationId }));
    return requireTrip(await trx.find(id));
  });
  deps.afterCommit();
  return viewTrip(releasing);
}
