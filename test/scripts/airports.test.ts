import { readFileSync } from 'node:fs';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { chooseAirports, type Row, sameClock } from '../../scripts/airports/choose.ts';

const heathrow: Row = {
  code: 'LHR',
  name: 'Heathrow',
  zone: 'Europe/London',
  country: 'GB',
  latitude: 51.47,
  longitude: -0.45,
};
const choose = (listed: Row, other: Row | undefined, there = 'Europe/London') =>
  chooseAirports({
    scheduled: [listed],
    described: new Map(other ? [[other.code, other]] : []),
    zoneAt: () => there,
  });

describe('the zone of an airport', () => {
  test('is the one that the sources agree on', () => {
    expect(choose(heathrow, heathrow).airports).toEqual([heathrow]);
    // One zone under two names is no disagreement.
    expect(choose(heathrow, { ...heathrow, zone: 'Europe/Jersey' }).disputed).toEqual([]);
  });

  test('is the one that the place confirms, when they disagree', () => {
    const wrong = { ...heathrow, zone: 'Europe/Paris' };
    expect(choose(wrong, heathrow).airports[0]?.zone).toBe('Europe/London');
  });

  test('is disputed when the place confirms neither, and when one is no zone', () => {
    const wrong = { ...heathrow, zone: 'Europe/Paris' };
    expect(choose(wrong, heathrow, 'Asia/Tokyo').disputed).toEqual([
      expect.stringMatching(/^LHR Heathrow: Europe\/London, Europe\/Paris, or Asia\/Tokyo$/),
    ]);
    expect(choose({ ...heathrow, zone: 'Asia/ Bangkok' }, heathrow, 'Asia/Tokyo').disputed).toHaveLength(1);
  });

  test('of a code that two places carry is no guess', () => {
    const elsewhere = { ...heathrow, zone: 'Asia/Tokyo', latitude: 35.5, longitude: 139.8 };
    expect(choose(heathrow, elsewhere).airports).toEqual([]);
  });
});

test('an airport that one source alone knows stands when its place fits its zone and it is no station', () => {
  expect(choose(heathrow, undefined).airports).toEqual([heathrow]);
  expect(choose(heathrow, undefined, 'Asia/Tokyo').airports).toEqual([]);
  expect(choose({ ...heathrow, name: 'London Waterloo railway station' }, undefined).airports).toEqual([]);
});

test('a decision that nothing asks for is named', () => {
  expect(choose(heathrow, heathrow).unused).toContain('STG');
});

test('clocks are compared through the year', () => {
  expect(sameClock('Europe/London', 'Africa/Abidjan')).toBe(false);
  expect(sameClock('Asia/Kolkata', 'Asia/Calcutta')).toBe(true);
  expect(sameClock('Nowhere/Land', 'Nowhere/Land')).toBe(false);
});

describe('the airports that Parker knows', () => {
  const airports = JSON.parse(
    readFileSync(new URL('../../src/domain/airports.json', import.meta.url), 'utf8'),
  ) as Record<string, [name: string, zone: string, country: string]>;

  test('have a name, and a zone that Node and Luxon know', () => {
    expect(Object.entries(airports).filter(([, [name]]) => !name.trim())).toEqual([]);
    const zones = new Set(Object.values(airports).map(([, zone]) => zone));
    expect([...zones].filter((zone) => !DateTime.local({ zone }).isValid || !sameClock(zone, zone))).toEqual(
      [],
    );
  });

  test('have the time of the place: some that were wrong', () => {
    const zones = Object.fromEntries(
      ['KKM', 'PSC', 'MLG', 'PUQ', 'STM', 'BWT', 'TOF', 'BAX', 'CUU', 'URC'].map((code) => [
        code,
        airports[code]?.[1],
      ]),
    );
    expect(zones).toEqual({
      KKM: 'Asia/Bangkok',
      PSC: 'America/Los_Angeles',
      MLG: 'Asia/Jakarta',
      PUQ: 'America/Punta_Arenas',
      STM: 'America/Santarem',
      BWT: 'Australia/Hobart',
      TOF: 'Asia/Tomsk',
      BAX: 'Asia/Barnaul',
      CUU: 'America/Chihuahua',
      URC: 'Asia/Shanghai',
    });
    expect(airports.QQW).toBeUndefined();
  });
});
