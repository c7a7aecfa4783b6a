import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type FareNews,
  fareNews,
  MAX_FARE_MAILS_A_DAY,
  type NotifiedFare,
} from '../../src/domain/fare-news.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CAP = 60_000;

interface Check {
  readonly at: number;
  /** Null: no offer, or none within the cap. */
  readonly fits: number | null;
  readonly news: FareNews | null;
}

/** Watches a series of prices, one each ten minutes. @param minors null where the route has no offer */
function watch(minors: readonly (number | null)[], currency = 'GBP', cap = CAP): Check[] {
  let notified: NotifiedFare | null = null;
  const mandate = { minor: cap, currency };
  return minors.map((minor, index) => {
    const at = index * 10 * MINUTE;
    const fits = minor !== null && minor <= cap ? minor : null;
    const fare = fits === null ? null : { minor: fits, currency };
    const result = fareNews(notified, { searchKey: 'key', fare, mandate }, new Date(at));
    notified = result.notified ?? notified;
    return { at, fits, news: result.news };
  });
}

const mailsIn = (checks: readonly Check[], from: number, until: number) =>
  checks.filter(({ at, news }) => news && at > from && at <= until).length;

const walk = fc
  .tuple(
    fc.integer({ min: 30_000, max: CAP }),
    fc.array(fc.oneof(fc.integer({ min: -9_000, max: 9_000 }), fc.constant(null)), { maxLength: 500 }),
  )
  .map(([first, steps]) => {
    let price = first;
    return [
      first,
      ...steps.map((step) => {
        if (step !== null) price = Math.max(1_000, price + step);
        return step === null ? null : price;
      }),
    ];
  });
const flapping = fc.array(fc.constantFrom(CAP - 1, CAP, CAP + 1, null), { maxLength: 500 });

test('in any 24 hours a trip gets at most six mails, however the price moves', () => {
  fc.assert(
    fc.property(fc.oneof(walk, flapping), (minors) => {
      const checks = watch(minors);
      for (const { at } of checks)
        expect(mailsIn(checks, at - DAY, at)).toBeLessThanOrEqual(MAX_FARE_MAILS_A_DAY);
    }),
  );
});

test('each return after the fare had gone is notified at once, or as soon as the day allows while it is still there', () => {
  fc.assert(
    fc.property(fc.oneof(walk, flapping), (minors) => {
      const checks = watch(minors);
      let unsaid = true;
      for (const { at, fits, news } of checks) {
        if (fits === null) unsaid = true;
        else if (unsaid) {
          const full = mailsIn(checks, at - DAY, at - 1) >= MAX_FARE_MAILS_A_DAY;
          expect(news === 'fits' || news === 'back').toBe(!full);
          unsaid = full;
        }
      }
    }),
  );
});

test('a mail about a fall is at least five percent below the mail before it: never pennies', () => {
  fc.assert(
    fc.property(walk, (minors) => {
      let last = Number.NaN;
      for (const { fits, news } of watch(minors)) {
        if (!news || fits === null) continue;
        if (news === 'fell') expect(fits).toBeLessThanOrEqual(last * 0.95);
        last = fits;
      }
    }),
  );
});

test.each([
  ['GBP', 40_000, 1_900],
  ['GBP', 4_000, 250],
  ['JPY', 80_000, 3_900],
  ['JPY', 7_000, 500],
  ['KWD', 150_000, 7_400],
  ['USD', 9_000, 499],
  ['UGX', 2_000_000, 90_000],
] as const)('%s %i that jitters by %i for a week is one mail', (currency, price, width) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: width }), { minLength: 1, maxLength: 1_000 }), (falls) => {
      const checks = watch([price, ...falls.map((fall) => price - fall)], currency, price * 2);
      expect(checks.filter(({ news }) => news)).toHaveLength(1);
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['GBP', 40_000, 38_000],
  ['USD', 9_000, 8_500],
  ['JPY', 80_000, 76_000],
  ['KWD', 150_000, 142_000],
] as const)('%s: from %i to %i is notified', (currency, from, to) => {
  expect(watch([from, from, to, to], currency, from).map(({ news }) => news)).toEqual([
    'fits',
    null,
    'fell',
    null,
  ]);
});

test('the day’s falls leave room for a return', () => {
  const falling = Array.from({ length: 60 }, (_, step) => Math.round(CAP * 0.9 ** step));
  const checks = watch([...falling, null, CAP]);
  expect(checks.slice(0, 60).filter(({ news }) => news)).toHaveLength(3);
  expect(checks.at(-1)?.news).toBe('back');
});

test('a fare within a cap that was lowered below the last mail is back; of other dates it is the first', () => {
  const price = { minor: 40_000, currency: 'GBP' };
  const notified = { version: 3, searchKey: 'key', price, gone: false, mails: [] };
  const check = { searchKey: 'key', fare: { minor: 39_900, currency: 'GBP' }, mandate: price };
  const now = new Date(0);
  expect(fareNews(notified, check, now)).toEqual({ news: null });
  const lowered = { ...check, mandate: { minor: 39_950, currency: 'GBP' } };
  expect(fareNews(notified, lowered, now)).toMatchObject({
    news: 'back',
    notified: { version: 4, gone: false },
  });
  expect(fareNews(notified, { ...check, searchKey: 'other' }, now)).toMatchObject({ news: 'fits' });
});
