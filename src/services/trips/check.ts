import { endOfDay } from '../../domain/airports.ts';
import { daysOf } from '../../domain/duplicate-trip.ts';
import type { Money } from '../../domain/money.ts';
import { byAge, passengerFor, type SearchParams } from '../../domain/search.ts';
import { Refused } from '../../errors.ts';
import type { TripCheckReads } from '../../ports/storage/trips.ts';
import type { Traveler } from '../profile/travelers.ts';
import type { TripDeps } from './deps.ts';
import {
  autoBookProblems,
  cardProblems,
  dateProblems,
  duplicateProblems,
  partyProblems,
  placeProblems,
  readMaxPrice,
  travelerProblems,
} from './field-problems.ts';
import type { TripInput } from './input.ts';
import { refuseDuplicates } from './refuse-duplicates.ts';
import { wishProblems } from './wish-problems.ts';

/** A trip's request that makes sense, in our terms. */
export interface CheckedTrip {
  readonly params: SearchParams;
  /** The most that may be paid. */
  readonly mandate: Money;
  readonly travelerIds: readonly string[];
  /** Our id of the card; null when none was named. */
  readonly paymentMethodId: string | null;
  readonly watchUntil: Date;
}

/** Whose trip is checked, and which. */
export interface CheckedRequest {
  readonly userId: string;
  readonly id: string;
}

/**
 * Checks a request against the user's own travellers, cards and other trips, and reports every problem of its fields at once.
 * @throws Refused `invalid`, naming each field; `conflict`, naming another trip of one of the travellers
 */
export async function checkTrip(
  trx: TripCheckReads,
  { cipher, liveOrders }: Pick<TripDeps, 'cipher' | 'liveOrders'>,
  { userId, id }: CheckedRequest,
  input: TripInput,
  now: Date,
): Promise<CheckedTrip> {
  const { origin, destination, departureDate, returnDate = null, cabin } = input;
  const asked = { id, origin, destination, departureDate, returnDate, travelerIds: input.travelerIds };
  const [travelers, card, others] = await Promise.all([
    trx.travelers(input.travelerIds),
    input.paymentMethodId ? trx.findPaymentMethod(input.paymentMethodId) : undefined,
    input.allowDuplicate ? [] : trx.tripsOf(input.travelerIds, daysOf(asked)),
  ]);
  const mandate = readMaxPrice(input);
  const problems = [
    ...placeProblems(input, { withinCity: !liveOrders }),
    ...dateProblems(input, now),
    ...wishProblems(input, now),
    ...('field' in mandate ? [mandate] : []),
    ...duplicateProblems(input),
    ...autoBookProblems(input),
    ...travelerProblems(input, travelers),
    ...cardProblems(input, card),
  ];
  if (problems.length || 'field' in mandate)
    throw new Refused('invalid', 'The trip can not be taken like this. Correct the fields named.', problems);
  const decrypted = travelers.map(({ dataKey, pii }) => cipher.decrypt<Traveler>(dataKey, userId, pii));
  const lastFlightOn = returnDate ?? departureDate;
  const passengers = byAge(decrypted).map(({ bornOn }) => passengerFor(lastFlightOn, bornOn));
  const alone = partyProblems(passengers);
  if (alone.length)
    throw new Refused('invalid', 'The trip can not be taken like this. Correct the fields named.', alone);
  refuseDuplicates(asked, others);
  return {
    params: { origin, destination, departureDate, returnDate, cabin, passengers },
    mandate,
    travelerIds: [...input.travelerIds],
    paymentMethodId: card ?? null,
    watchUntil: endOfDay(origin, departureDate),
  };
}
