import { fareKey } from './fare.ts';
import type { Money } from './money.ts';
import type { Offer } from './offer.ts';

/** A fare that could not be bought, as its attempt keeps it. */
export interface FareRef {
  /** Airline, flights, brand, cabins, bags and conditions, whatever they cost. */
  readonly key: string;
  readonly price: Money;
}

/** A fare that could not be bought, and when its attempt ended. */
export interface FailedFare extends FareRef {
  readonly at: Date;
}

/** A seller may go on showing a fare that can not be bought, and move it by pennies: prices so near are the same fare. */
const SAME_PRICE = 0.01;
/** The longest that a fare is left alone, in ms. */
const LONGEST_MS = 24 * 3_600_000;

/** The fare of an offer: what it is known by when another search shows it again. */
export const fareOf = (offer: Offer): FareRef => ({ key: fareKey(offer), price: offer.price });

/**
 * Until when an offer is left alone because its fare failed before: for `firstMs` after its first failure, twice as long
 * after each further one, a day at most.
 * @param firstMs one interval of watching, so that the next check already finds another offer, if there is one
 * @returns null when the offer may be bought
 */
export function leftAloneUntil(
  offer: Offer,
  failed: readonly FailedFare[],
  firstMs: number,
  now: Date,
): Date | null {
  const fare = fareOf(offer);
  const times = failed.filter((one) => isSame(one, fare)).map(({ at }) => at.getTime());
  if (times.length === 0) return null;
  const until = Math.max(...times) + Math.min(LONGEST_MS, firstMs * 2 ** Math.min(times.length - 1, 20));
  return until > now.getTime() ? new Date(until) : null;
}

const isSame = (one: FareRef, other: FareRef): boolean =>
  one.key === other.key &&
  one.price.currency === other.price.currency &&
  Math.abs(one.price.minor - other.price.minor) <= SAME_PRICE * one.price.minor;
