import type { Offer } from '../../domain/offer.ts';
import { objectionsTo } from '../../domain/selection.ts';
import { AlreadyExists, Refused } from '../../errors.ts';
import type { StoredOffer, Trip } from '../../ports/storage/trips.ts';
import { attemptStart } from '../booking/start.ts';
import type { Traveler } from '../profile/travelers.ts';
import { type SelectionRules, selectionRules } from '../watching/selection-rules.ts';
import { refuseWhileStopped, requireTrip, type TripDeps, type TripRequest } from './deps.ts';
import { rulesOf } from './fare-rules.ts';
import { type TripView, viewTrip } from './view.ts';

/**
 * Books an offer that the traveller picked. It is the same saga as for a trip booked automatically, bound to the fare of the
 * offer and to the same cap. Whether the offer itself has expired is no objection: the fare is searched for anew.
 * @throws Refused `unavailable` while bookings are stopped; `invalid` without a card, and, naming each objection, for an offer of
 * another trip or one that does not fit this one; `missing` for an offer that the user can not see; `conflict` when the trip is
 * not watched, or an earlier attempt of it is still being compensated
 */
export async function bookByHand(
  deps: Pick<TripDeps, 'trips' | 'flags' | 'clock' | 'cipher' | 'afterCommit'>,
  request: TripRequest,
  offerId: string,
): Promise<TripView> {
  const { id, userId, correlationId } = request;
  await refuseWhileStopped(deps.flags, userId);
  const [flags, rules] = await Promise.all([deps.flags.snapshot(userId), selectionRules(deps.flags)]);
  const booking = deps.trips.transaction(userId, async (trx) => {
    const trip = requireTrip(await trx.lock(id));
    if (!trip.paymentMethodId)
      throw new Refused('invalid', 'The trip has no card to pay with.', [
        { field: 'paymentMethodId', code: 'required', message: 'must be set on the trip first' },
      ]);
    const found = await trx.findOffer(offerId);
    if (!found) throw new Refused('missing', 'There is no such offer for this trip.');
    const travelers = found.offer.documentsRequired ? await trx.travelers(trip.travelerIds) : [];
    const passengers = travelers.map(({ dataKey, pii }) =>
      deps.cipher.decrypt<Traveler>(dataKey, userId, pii),
    );
    const offer = requireFitting(trip, found, { ...rules, passengers });
    const attemptId = await trx.startAttempt(
      attemptStart({
        tripId: id,
        userId,
        correlationId,
        now: deps.clock.now(),
        wantedFare: offer,
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

/** @throws Refused `invalid`, with everything that is known to stand against the offer */
function requireFitting(
  trip: Trip,
  { offer, searchKey, tripId }: StoredOffer,
  rules: SelectionRules & { readonly passengers: readonly Traveler[] },
): Offer {
  const isOfTrip = searchKey === trip.searchKey && (tripId === null || tripId === trip.id);
  const objections = isOfTrip
    ? [...(offer.terms ? [] : [WITHOUT_TERMS]), ...objectionsTo(offer, { ...rulesOf(trip), ...rules })]
    : [OF_ANOTHER_SEARCH];
  if (objections.length === 0) return offer;
  const fields = objections.map((message) => ({ field: 'offerId', code: 'does_not_fit' as const, message }));
  throw new Refused('invalid', 'This offer can not be booked for this trip.', fields);
}

const OF_ANOTHER_SEARCH =
  'is not of this trip as it stands: it was found for another trip, or before this one was changed';
/** Stored by the version before: which fare of these flights it is can not be told. */
const WITHOUT_TERMS = 'is from before brand, bags and conditions were kept: the next search shows it anew';

function refuseSecondAttempt(error: unknown): never {
  if (!(error instanceof AlreadyExists)) throw error;
  throw new Refused(
    'conflict',
    'An earlier booking of this trip is still being undone. Try again in a minute.',
  );
}
