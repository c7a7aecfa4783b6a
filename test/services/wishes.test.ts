import fc from 'fast-check';
import { expect, test } from 'vitest';
import { airport } from '../../src/domain/airports.ts';
import { leastFlightMinutes } from '../../src/domain/flight-time.ts';
import type { Criteria } from '../../src/domain/selection.ts';
import { wishProblems } from '../../src/services/trips/wish-problems.ts';

const NOW = new Date('2027-03-01T12:00:00Z');
const fieldsOf = (criteria: Criteria, departureDate = '2027-05-01'): string[] => {
  const input = { origin: 'LHR', destination: 'JFK', departureDate, criteria } as never;
  return wishProblems(input, NOW).map(({ field }) => field);
};
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));

test('times of day that no departure can have name both fields, and no others do', () => {
  fc.assert(
    fc.property(time, time, (departAfter, departBefore) => {
      const both = ['criteria.departAfter', 'criteria.departBefore'];
      expect(fieldsOf({ departAfter, departBefore })).toEqual(departAfter > departBefore ? both : []);
      expect(fieldsOf({ departAfter })).toEqual([]);
      expect(fieldsOf({ departBefore })).toEqual([]);
    }),
  );
});

test('a departure today before a time that has passed at the airport names date and time', () => {
  const both = ['departureDate', 'criteria.departBefore'];
  expect(fieldsOf({ departBefore: '11:59' }, '2027-03-01')).toEqual(both);
  expect(fieldsOf({ departBefore: '12:00' }, '2027-03-01')).toEqual([]);
  expect(fieldsOf({ departBefore: '11:59' }, '2027-03-02')).toEqual([]);
});

test('a duration that no flight of the route can meet is refused, and one that flights meet is not', () => {
  expect(fieldsOf({ maxDurationMinutes: 200 })).toEqual(['criteria.maxDurationMinutes']);
  // The record for New York to London is 4 h 56 min.
  expect(fieldsOf({ maxDurationMinutes: 296 })).toEqual([]);
});

// Scheduled block times in minutes, the fastest listed.
test.each([
  ['LHR', 'JFK', 405],
  ['LHR', 'CDG', 75],
  ['SIN', 'EWR', 1_070],
  ['KOI', 'PPW', 15],
  ['AKL', 'NAN', 175],
])('%s to %s: the least is under what airlines schedule', (from, to, scheduled) => {
  const [one, other] = [airport(from), airport(to)];
  if (!one || !other) throw new Error('no such airport');
  expect(leastFlightMinutes(one, other)).toBeLessThan(scheduled);
  expect(leastFlightMinutes(other, one)).toBe(leastFlightMinutes(one, other));
  // Nobody waits for a flight of half the time on a long route.
  expect(leastFlightMinutes(one, other)).toBeGreaterThan(scheduled > 300 ? scheduled * 0.5 : -1);
});
