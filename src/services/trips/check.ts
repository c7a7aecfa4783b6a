import { endOfDay } from '../../domain/airports.ts';
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

/**
 * Checks a request against the user's own travellers and cards, and reports every problem at once.
 * @throws Refused `invalid`, naming each field
 */
export async function checkTrip(
  trx: TripCheckReads,
  { cipher, liveOrders }: Pick<TripDeps, 'cipher' | 'liveOrders'>,
  userId: string,
  input: TripInput,
  now: Date,
): Promise<CheckedTrip> {
  const { origin, destination, departureDate, returnDate = null, cabin } = input;
  const [travelers, card] = await Promise.all([
    trx.travelers(input.travelerIds),
    input.paymentMethodId ? trx.findPaymentMethod(input.paymentMethodId) : undefined,
  ]);
  const mandate = readMaxPrice(input);
  const problems = [
    ...placeProblems(input, { withinCity: !liveOrders }),
    ...dateProblems(input, now),
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
  return {
    params: { origin, destination, departureDate, returnDate, cabin, passengers },
    mandate,
    travelerIds: [...input.travelerIds],
    paymentMethodId: card ?? null,
    watchUntil: endOfDay(origin, departureDate),
  };
}
