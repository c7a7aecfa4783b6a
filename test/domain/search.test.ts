import fc from 'fast-check';
import { expect, test } from 'vitest';
import { airport, endOfDay, instantAt, localDate } from '../../src/domain/airports.ts';
import { ageOn, byAge, passengerFor, type SearchParams, searchKey } from '../../src/domain/search.ts';

const params: SearchParams = {
  origin: 'LHR',
  destination: 'JFK',
  departureDate: '2027-03-01',
  returnDate: null,
  cabin: 'economy',
  passengers: [{ type: 'adult' }],
};

test('the same question has the same key, another question another', () => {
  expect(searchKey({ ...params })).toBe(searchKey(params));
  const others: Partial<SearchParams>[] = [
    { origin: 'LGW' },
    { destination: 'EWR' },
    { departureDate: '2027-03-02' },
    { returnDate: '2027-03-08' },
    { cabin: 'business' },
    { passengers: [{ type: 'adult' }, { age: 8 }] },
  ];
  const keys = others.map((other) => searchKey({ ...params, ...other }));
  expect(new Set([searchKey(params), ...keys]).size).toBe(others.length + 1);
});

test('travellers in any order ask the same question', () => {
  const born = fc.array(
    fc.date({ min: new Date('1940-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }),
    { minLength: 1, maxLength: 9 },
  );
  fc.assert(
    fc.property(born, (dates) => {
      const people = dates.map((date) => ({ bornOn: date.toISOString().slice(0, 10) }));
      const mix = (list: typeof people) =>
        byAge(list).map(({ bornOn }) => passengerFor('2027-03-01', bornOn));
      expect(mix(people.toReversed())).toEqual(mix(people));
    }),
  );
});

test('age counts birthdays passed by the day of departure', () => {
  expect(ageOn('2027-03-01', '2019-03-01')).toBe(8);
  expect(ageOn('2027-03-01', '2019-03-02')).toBe(7);
  expect(passengerFor('2027-03-01', '2009-03-01')).toEqual({ type: 'adult' });
  expect(passengerFor('2027-03-01', '2009-03-02')).toEqual({ age: 17 });
});

test('days end, and flights leave, by the clock of the airport', () => {
  expect(airport('JFK')?.zone).toBe('America/New_York');
  expect(airport('XQX')).toBeUndefined();
  expect(endOfDay('JFK', '2027-03-01').toISOString()).toBe('2027-03-02T04:59:59.999Z');
  expect(instantAt('LHR', '2027-07-01T09:15:00').toISOString()).toBe('2027-07-01T08:15:00.000Z');
  expect(localDate('AKL', new Date('2027-03-01T12:00:00Z'))).toBe('2027-03-02');
});
