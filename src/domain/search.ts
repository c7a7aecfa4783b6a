import { createHash } from 'node:crypto';

/** What is searched at a provider. Trips with equal parameters share one answer per freshness window. */
export interface SearchParams {
  readonly origin: string;
  readonly destination: string;
  /** `yyyy-mm-dd`, at the origin. */
  readonly departureDate: string;
  readonly returnDate: string | null;
  readonly cabin: Cabin;
  /** Adults first, then children by falling age. */
  readonly passengers: readonly ({ type: 'adult' } | { age: number })[];
}

/** The cabins that can be searched. */
export const CABINS = ['economy', 'premium_economy', 'business', 'first'] as const;
/** One cabin. */
export type Cabin = (typeof CABINS)[number];

/** From this age on airlines sell an adult fare, and Duffel wants `type: adult`. */
const ADULT_AGE = 18;
/** Below this age a passenger has no seat, and travels on the lap of an adult. Source: Duffel, "Infants". */
export const INFANT_BELOW = 2;

/** The key of a search: equal parameters give equal keys. */
export function searchKey(params: SearchParams): string {
  const { origin, destination, departureDate, returnDate, cabin, passengers } = params;
  const mix = passengers.map((passenger) => ('age' in passenger ? passenger.age : 'adult'));
  const canonical = JSON.stringify([origin, destination, departureDate, returnDate, cabin, mix]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 32);
}

/** The number of the freshness window at `now`. Within one window an answer serves every trip that shares the search. */
export function freshnessWindow(now: Date, freshnessMs: number): number {
  return Math.floor(now.getTime() / freshnessMs);
}

/** Age in full years on a date. Dates are `yyyy-mm-dd`. */
export function ageOn(date: string, bornOn: string): number {
  const birthdayDue = date.slice(5) >= bornOn.slice(5) ? 0 : 1;
  return Number(date.slice(0, 4)) - Number(bornOn.slice(0, 4)) - birthdayDue;
}

/**
 * A passenger as a search needs it, without anything that identifies a person.
 * @param lastFlightOn `yyyy-mm-dd`, the departure of the last slice: the age on that day decides the fare
 */
export function passengerFor(lastFlightOn: string, bornOn: string): SearchParams['passengers'][number] {
  const age = ageOn(lastFlightOn, bornOn);
  return age >= ADULT_AGE ? { type: 'adult' } : { age };
}

/**
 * Sorts from old to young, so that the same mix gives the same search key. The order also pairs travellers with fares and
 * tickets, so that twins have the same order each time.
 */
export function byAge<T extends { bornOn: string; givenName?: string; familyName?: string }>(
  travelers: readonly T[],
): T[] {
  const name = ({ givenName, familyName }: T): string => `${givenName} ${familyName}`;
  return travelers.toSorted((a, b) => a.bornOn.localeCompare(b.bornOn) || name(a).localeCompare(name(b)));
}
