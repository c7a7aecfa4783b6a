import { createHash } from 'node:crypto';

/** What a provider is asked. Trips whose questions are equal share one answer per freshness window. */
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

export const CABINS = ['economy', 'premium_economy', 'business', 'first'] as const;
export type Cabin = (typeof CABINS)[number];

/** From this age on airlines sell an adult fare, and Duffel wants `type: adult`. */
const ADULT_AGE = 18;

/** The same question gets the same key, whoever asks. */
export function searchKey(params: SearchParams): string {
  const { origin, destination, departureDate, returnDate, cabin, passengers } = params;
  const mix = passengers.map((passenger) => ('age' in passenger ? passenger.age : 'adult'));
  const words = JSON.stringify([origin, destination, departureDate, returnDate, cabin, mix]);
  return createHash('sha256').update(words).digest('hex').slice(0, 32);
}

/** Numbers the stretches of time in which one search serves all. */
export function freshnessWindow(now: Date, freshnessMs: number): number {
  return Math.floor(now.getTime() / freshnessMs);
}

/** Age on the day of departure decides the fare. Dates are `yyyy-mm-dd`. */
export function ageOn(date: string, bornOn: string): number {
  const birthdayDue = date.slice(5) >= bornOn.slice(5) ? 0 : 1;
  return Number(date.slice(0, 4)) - Number(bornOn.slice(0, 4)) - birthdayDue;
}

/** The passenger a provider is asked about, without anything that says who it is. */
export function passengerFor(departureDate: string, bornOn: string): SearchParams['passengers'][number] {
  const age = ageOn(departureDate, bornOn);
  return age >= ADULT_AGE ? { type: 'adult' } : { age };
}

/** Sorts so that the same mix in another order is the same question; the order also pairs travellers with fares. */
export function byAge<T extends { bornOn: string }>(travelers: readonly T[]): T[] {
  return travelers.toSorted((a, b) => a.bornOn.localeCompare(b.bornOn));
}
