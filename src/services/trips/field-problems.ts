import { airport, localDate } from '../../domain/airports.ts';
import { isChargedCurrency, tooLittle } from '../../domain/chargeable.ts';
import { city, sharedCity } from '../../domain/cities.ts';
import { isCurrency, type Money, minorDigits, parseMoney } from '../../domain/money.ts';
import { INFANT_BELOW, type SearchParams } from '../../domain/search.ts';
import type { FieldProblem } from '../../errors.ts';
import type { TripInput } from './input.ts';

/** Airlines sell seats about a year ahead. */
const MAX_DAYS_AHEAD = 361;
const DAY_MS = 86_400_000;

/** @param withinCity whether a trip may end in the city where it starts */
export function placeProblems(
  { origin, destination }: Pick<TripInput, 'origin' | 'destination'>,
  { withinCity }: { withinCity: boolean },
): FieldProblem[] {
  const problems = Object.entries({ origin, destination })
    .filter(([, iata]) => !airport(iata))
    .map(([field, iata]): FieldProblem => ({ field, code: 'unknown_place', message: unknownAirport(iata) }));
  if (origin === destination)
    problems.push({ field: 'destination', code: 'same_place', message: 'must differ from the origin' });
  const shared = withinCity || origin === destination ? undefined : sharedCity(origin, destination);
  if (shared)
    problems.push({
      field: 'destination',
      code: 'same_place',
      message: `is in ${shared.name}, as the origin is: no flight goes there`,
    });
  return problems;
}

/** A trip is for the airports that its traveller can get to, so a city is refused with its airports named. */
function unknownAirport(code: string): string {
  const { name, airports } = city(code) ?? { name: '', airports: [] };
  return airports.length > 0
    ? `is the city of ${name}: name one of its airports, ${airports.join(', ')}`
    : 'is not an airport we know by its IATA code';
}

export function dateProblems({ origin, departureDate, returnDate }: TripInput, now: Date): FieldProblem[] {
  const today = localDate(origin, now);
  const latest = new Date(now.getTime() + MAX_DAYS_AHEAD * DAY_MS).toISOString().slice(0, 10);
  const tooFar = `is after ${latest}, further ahead than airlines sell`;
  const problems: FieldProblem[] = [];
  if (departureDate < today)
    problems.push({ field: 'departureDate', code: 'in_the_past', message: 'is in the past' });
  if (departureDate > latest)
    problems.push({ field: 'departureDate', code: 'too_far_ahead', message: tooFar });
  if (returnDate && returnDate < departureDate)
    problems.push({ field: 'returnDate', code: 'before_departure', message: 'is before the departure' });
  if (returnDate && returnDate > latest)
    problems.push({ field: 'returnDate', code: 'too_far_ahead', message: tooFar });
  return problems;
}

/** @returns the mandate: the cap in minor units; or what is wrong with it */
export function readMaxPrice({ maxPrice }: TripInput): Money | FieldProblem {
  if (!isCurrency(maxPrice.currency))
    return {
      field: 'maxPrice.currency',
      code: 'unknown_currency',
      message: 'is not a currency we know by its ISO 4217 code',
    };
  if (!isChargedCurrency(maxPrice.currency))
    return {
      field: 'maxPrice.currency',
      code: 'not_chargeable',
      message: 'is a currency in which no card can be charged',
    };
  const money = parseMoney(maxPrice);
  const digits = minorDigits(maxPrice.currency);
  if (!money)
    return {
      field: 'maxPrice.amount',
      code: 'invalid_format',
      message: `must be a plain amount with at most ${digits} decimals`,
    };
  if (money.minor <= 0)
    return { field: 'maxPrice.amount', code: 'too_small', message: 'must be more than nothing' };
  const little = tooLittle(money);
  return little ? { field: 'maxPrice.amount', code: 'too_small', message: `buys nothing: ${little}` } : money;
}

export function duplicateProblems({ travelerIds }: TripInput): FieldProblem[] {
  const distinct = new Set(travelerIds).size === travelerIds.length;
  return distinct ? [] : [{ field: 'travelerIds', code: 'duplicate', message: 'names a traveller twice' }];
}

/** Airlines sell no ticket to minors without an adult, and one infant a lap. */
export function partyProblems(passengers: SearchParams['passengers']): FieldProblem[] {
  const ages = passengers.flatMap((passenger) => ('age' in passenger ? [passenger.age] : []));
  const adults = passengers.length - ages.length;
  const infants = ages.filter((age) => age < INFANT_BELOW).length;
  const field = 'travelerIds';
  if (adults === 0)
    return [
      {
        field,
        code: 'no_adult',
        message: 'needs an adult: airlines sell minors no ticket of their own here',
      },
    ];
  if (infants > adults)
    return [
      {
        field,
        code: 'too_many_infants',
        message: 'has more infants than adults: each infant sits on the lap of one adult',
      },
    ];
  return [];
}

/** What automatic booking needs beside a trip that is only watched. */
export function autoBookProblems({ autoBook, consent, paymentMethodId }: TripInput): FieldProblem[] {
  if (!autoBook) return [];
  const problems: FieldProblem[] = [];
  if (!isConsent(consent))
    problems.push({
      field: 'consent',
      code: 'required',
      message: 'is needed: say what the traveller agreed to, or leave autoBook off',
    });
  if (!paymentMethodId)
    problems.push({ field: 'paymentMethodId', code: 'required', message: 'is needed to buy on its own' });
  return problems;
}

/** @param found the user's own travellers among those of the request */
export function travelerProblems(
  { travelerIds }: TripInput,
  found: readonly { readonly id: string }[],
): FieldProblem[] {
  return travelerIds.flatMap((id, index): FieldProblem[] =>
    found.some((traveler) => traveler.id === id)
      ? []
      : [{ field: `travelerIds.${index}`, code: 'not_yours', message: 'is not one of your travellers' }],
  );
}

/** @param found our id of the card */
export function cardProblems({ paymentMethodId }: TripInput, found: string | undefined): FieldProblem[] {
  const wrong = paymentMethodId && !found;
  return wrong ? [{ field: 'paymentMethodId', code: 'not_yours', message: 'is not one of your cards' }] : [];
}

/** Consent is `true`, the text agreed to, or a record without `accepted: false`. */
function isConsent(consent: unknown): boolean {
  if (typeof consent === 'string') return consent.trim().length > 0;
  if (typeof consent === 'object' && consent !== null)
    return Object.keys(consent).length > 0 && (consent as { accepted?: unknown }).accepted !== false;
  return consent === true;
}
