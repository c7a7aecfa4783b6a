import { expect, test } from 'vitest';
import { describedAirports } from '../../scripts/airports/described.ts';
import { airport } from '../../src/domain/airports.ts';
import { city, sharedCity } from '../../src/domain/cities.ts';

const CODES = Array.from({ length: 26 ** 3 }, (_, n) =>
  [n / 676, n / 26, n].map((part) => String.fromCharCode(65 + (Math.floor(part) % 26))).join(''),
);
const cities = CODES.flatMap((code) => city(code) ?? []);

test('every airport of a city is one that can be flown to, and of one city alone', () => {
  const airports = cities.flatMap((one) => one.airports);
  expect(airports.filter((code) => !airport(code))).toEqual([]);
  expect(new Set(airports).size).toBe(airports.length);
});

test('the airports of a city are near each other, by another source', () => {
  const places = describedAirports();
  for (const { name, airports } of cities) {
    const latitudes = airports.map((code) => places.get(code)?.latitude as number);
    // A degree of latitude is 111 km; the furthest are Stockholm and Västerås, Paris and Beauvais.
    expect([name, Math.max(...latitudes) - Math.min(...latitudes) < 1.2]).toEqual([name, true]);
  }
});

test('two airports share a city, or do not', () => {
  expect(sharedCity('LHR', 'LGW')?.name).toBe('London');
  expect(sharedCity('LHR', 'JFK')).toBeUndefined();
  expect(sharedCity('EDI', 'GLA')).toBeUndefined();
});
