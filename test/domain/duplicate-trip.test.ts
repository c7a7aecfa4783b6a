import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDuplicate, type Journey } from '../../src/domain/duplicate-trip.ts';

const trip = (origin: string, destination: string, day: number, back?: number): Journey => ({
  origin,
  destination,
  departureDate: dayOf(day),
  returnDate: back === undefined ? null : dayOf(back),
});
const dayOf = (day: number): string => `2027-03-${String(day).padStart(2, '0')}`;

const OUTING = trip('LHR', 'JFK', 5, 12);

test.each<[what: string, other: Journey]>([
  ['the same trip', OUTING],
  ['the same flight from another airport of the city', trip('LGW', 'EWR', 5)],
  ['a trip that begins before the other is over', trip('LHR', 'JFK', 11, 20)],
  ['a trip to somewhere else on the same day', trip('LHR', 'CDG', 5)],
  ['a trip from home while away', trip('LHR', 'CDG', 8, 9)],
  ['the return, asked for once more', trip('JFK', 'LHR', 12)],
])('%s is a duplicate', (_what, other) => expect(isDuplicate(OUTING, other)).toBe(true));

test.each<[what: string, other: Journey]>([
  ['a trip of other days', trip('LHR', 'JFK', 13, 20)],
  ['a trip onwards from where it went', trip('JFK', 'BOS', 7, 9)],
  ['another trip on the day of the return', trip('LHR', 'CDG', 12, 14)],
  ['a trip that ends where it begins, on its first day', trip('EDI', 'LHR', 5)],
])('%s is no duplicate', (_what, other) => expect(isDuplicate(OUTING, other)).toBe(false));

test('the way back as a trip of its own is no duplicate of the way there, on the same day', () => {
  expect(isDuplicate(trip('LHR', 'AMS', 5), trip('AMS', 'LHR', 5))).toBe(false);
});

const place = fc.constantFrom('LHR', 'LGW', 'JFK', 'CDG');
const journeys = fc
  .tuple(place, place, fc.integer({ min: 1, max: 20 }), fc.option(fc.integer({ min: 0, max: 8 })))
  .filter(([origin, destination]) => origin !== destination)
  .map(([origin, destination, day, stay]) =>
    trip(origin, destination, day, stay === null ? undefined : day + stay),
  );

test('every trip duplicates itself, it is mutual, and trips without a common day are none', () => {
  fc.assert(
    fc.property(journeys, journeys, (one, other) => {
      expect(isDuplicate(one, one)).toBe(true);
      expect(isDuplicate(one, other)).toBe(isDuplicate(other, one));
      const end = (journey: Journey) => journey.returnDate ?? journey.departureDate;
      const apart = end(one) < other.departureDate || end(other) < one.departureDate;
      if (apart) expect(isDuplicate(one, other)).toBe(false);
    }),
  );
});
