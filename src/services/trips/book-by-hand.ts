import { chargeProblem } from '../../domain/chargeable.ts';
import { itineraryKey } from '../../domain/offer.ts';
import { AlreadyExists, Refused } from '../../errors.ts';
import { attemptStart } from '../booking/start.ts';
import { refuseWhileStopped, requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { type TripView, viewTrip } from './view.ts';

/**
 * Books an offer that the traveller picked. It is the same saga as for a trip booked automatically, bound to the same
 * flights and the same cap.
 * @throws Refused `unavailable` while bookings are stopped; `invalid` without a card, or for a price that no card can be charged; `missing` for an offer of another
 * trip; `conflict` when the trip is not watched, or an earlier attempt of it is still being compensated
 */
export async function bookByHand(
  deps: Pick<TripDeps, 'trips' | 'flags' | 'clock' | 'afterCommit'>,
  request: TripRequest,
  offerId: string,
): Promise<TripView> {
  const { id, userId, correlationId } = request;
  await refuseWhileStopped(deps.flags, userId);
  const flags = await deps.flags.snapshot(userId);
  const booking = deps.trips.transaction(userId, async (trx) => {
    const trip = requireTrip(await trx.lock(id));
    if (!trip.paymentMethodId)
      throw new Refused('invalid', 'The trip has no card to pay with.', [
        { field: 'paymentMethodId', code: 'required', message: 'must be set on the trip first' },
      ]);
    const offer = await trx.findOffer(offerId);
    if (!offer) throw new Refused('missing', 'There is no such offer for this trip.');
    const uncharged = chargeProblem(offer.price);
    if (uncharged)
      throw new Refused('invalid', 'This offer can not be paid by card.', [
        { field: 'offerId', code: 'not_chargeable', message: uncharged },
      ]);
    const attemptId = await trx.startAttempt(
      attemptStart({
        tripId: id,
        userId,
        correlationId,
        now: deps.clock.now(),
        wantedItinerary: itineraryKey(offer),
        selectedOfferId: offerId,
        actor: `user:${userId}`,
        flags,
        detail: { by: 'hand', offerId },
      }),
    );
    if (!attemptId) throw new Refused('conflict', `A trip that is ${trip.autoBookStatus} can not be booked.`);
    return requireTrip(await trx.find(id));
  });
  const trip = await booking.catch(refuseSecondAttempt);
  deps.afterCommit();
  return viewTrip(trip);
}

function refuseSecondAttempt(error: unknown): never {
  if (!(error instanceof AlreadyExists)) throw error;
  throw new Refused(
    'conflict',
    'An earlier booking of this trip is still being undone. Try again in a minute.',
  );
}
