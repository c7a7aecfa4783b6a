import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fairShare,
  MAX_PRIORITY,
  MAX_WAIT_FACTOR,
  nextSearchAt,
  searchPriority,
  volatilityOf,
} from '../../src/domain/search-schedule.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const MINUTE = 60_000;
const watchedSearch = fc.record({
  departureDate: fc
    .integer({ min: -2, max: 360 })
    .map((days) => new Date(NOW.getTime() + days * 86_400_000).toISOString().slice(0, 10)),
  gap: fc.option(fc.double({ min: -1, max: 5, noNaN: true })),
  volatility: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('a search is worth 1 to 10, and more the nearer the cap, the livelier the fare, the sooner the departure', () => {
  fc.assert(
    fc.property(watchedSearch, (one) => {
      const value = searchPriority(one, NOW);
      expect(value).toBeGreaterThanOrEqual(1);
      expect(value).toBeLessThanOrEqual(MAX_PRIORITY);
      if (one.gap === null) return;
      expect(searchPriority({ ...one, gap: one.gap + 0.1 }, NOW)).toBeLessThanOrEqual(value);
      expect(searchPriority({ ...one, volatility: one.volatility + 0.1 }, NOW)).toBeGreaterThanOrEqual(value);
      expect(searchPriority({ ...one, departureDate: '2026-03-01' }, NOW)).toBeGreaterThanOrEqual(
        value - 1e-9,
      );
    }),
  );
});

test('volatility is how far a fare ranges, and the same however often one looks', () => {
  const fares = [100, 110, 100, 90, 100];
  expect(volatilityOf(fares)).toBeCloseTo(0.2);
  expect(volatilityOf(fares.flatMap((fare) => [fare, fare, fare]))).toBeCloseTo(0.2);
  expect(volatilityOf([100, 100, 100, 100])).toBe(0);
  // Of what was seen once or twice nothing is known.
  expect(volatilityOf([])).toBe(volatilityOf([100, 200]));
});

test('a search is due again within an interval, and not all at the same moment', () => {
  const waits = Array.from(
    { length: 200 },
    (_, n) => nextSearchAt(NOW, 10 * MINUTE, `key${n}`).getTime() - NOW.getTime(),
  );
  for (const wait of waits) {
    expect(wait).toBeLessThanOrEqual(10 * MINUTE);
    expect(wait).toBeGreaterThanOrEqual(9 * MINUTE);
  }
  expect(new Set(waits).size).toBeGreaterThan(190);
});

interface Watched {
  readonly searchKey: string;
  readonly userId: string;
  readonly priority: number;
  readonly looks: number[];
}

/** As many sweeps over these searches, all of them always due, with room for so many a tick. @returns how many were asked */
function watchFor(ticks: number, searches: readonly Watched[], room: number): number {
  const byKey = new Map(searches.map((search) => [search.searchKey, search]));
  let asked = 0;
  for (let tick = 0; tick < ticks; tick += 1) {
    const due = searches.map((search) => ({
      ...search,
      waitedMs: (tick - (search.looks.at(-1) ?? -1)) * MINUTE,
    }));
    for (const key of fairShare(due, room)) {
      byKey.get(key)?.looks.push(tick);
      asked += 1;
    }
  }
  return asked;
}

const longestWait = ({ looks }: Watched, ticks: number): number =>
  Math.max(...[...looks, ticks].map((tick, at) => tick - (looks[at - 1] ?? -1)));
const searchesOf = (userId: string, values: readonly number[]): Watched[] =>
  values.map((priority, n) => ({ searchKey: `${userId}-${n}`, userId, priority, looks: [] }));

const values = fc.array(fc.double({ min: 1, max: MAX_PRIORITY, noNaN: true }), {
  minLength: 20,
  maxLength: 150,
});

test('far below demand nobody waits longer than three times the fair share, and the whole quota is used', () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 3, max: 20 }), fc.boolean(), (priorities, room, oneUser) => {
      const ticks = 200;
      const searches = oneUser
        ? searchesOf('user', priorities)
        : priorities.flatMap((priority, n) => searchesOf(`user${n}`, [priority]));
      expect(watchFor(ticks, searches, room)).toBe(ticks * Math.min(room, searches.length));
      const fair = Math.max(1, searches.length / room);
      for (const search of searches)
        expect(longestWait(search, ticks)).toBeLessThanOrEqual(MAX_WAIT_FACTOR * fair + 1);
    }),
    { numRuns: 60 },
  );
});

test('what is worth three times as much is looked at three times as often', () => {
  const rich = searchesOf('rich', Array(50).fill(3));
  const poor = searchesOf('poor', Array(50).fill(1));
  const alike = [...rich, ...poor].map((search, n) => ({ ...search, userId: `user${n}` }));
  watchFor(400, alike, 10);
  const looks = (some: readonly Watched[]) => some.reduce((sum, search) => sum + search.looks.length, 0);
  expect(looks(alike.slice(0, 50)) / looks(alike.slice(50))).toBeCloseTo(3, 0);
});

test('one who watches a thousand routes makes nobody wait who watches one', () => {
  const ticks = 60;
  const glutton = searchesOf('glutton', Array(1_000).fill(3));
  const modest = Array.from({ length: 20 }, (_, n) => searchesOf(`modest${n}`, [1])).flat();
  watchFor(ticks, [...glutton, ...modest], 30);
  for (const search of modest) expect(longestWait(search, ticks)).toBe(1);
});
