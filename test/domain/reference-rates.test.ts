import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCurrency, minorDigits } from '../../src/domain/money.ts';
import { inReference, isRated } from '../../src/domain/reference-rates.ts';

const CURRENCIES = Intl.supportedValuesOf('currency').filter(isCurrency);
const RATED = CURRENCIES.filter(isRated);
const amount = (currency: string) => fc.integer({ min: 0, max: 1e11 }).map((minor) => ({ minor, currency }));
const anyAmount = fc.constantFrom(...CURRENCIES).chain(amount);

test('every currency that a cap may be in has a rate, but for three that no fare is sold in', () => {
  expect(CURRENCIES.filter((currency) => !isRated(currency))).toEqual(['CUC', 'KPW', 'SVC']);
});

test('an amount in the reference itself is counted as it is; in any other, as whole units, at least one', () => {
  fc.assert(
    fc.property(anyAmount, fc.constantFrom(...RATED), (money, reference) => {
      const counted = inReference(money, reference);
      expect(counted.currency).toBe(reference);
      expect(Number.isSafeInteger(counted.minor)).toBe(true);
      if (money.currency === reference) expect(counted).toBe(money);
      else expect(counted.minor >= 1).toBe(money.minor > 0);
    }),
  );
});

test('an amount beyond exact numbers counts as more than any bound', () => {
  const fortune = inReference({ minor: 21_355_567_822, currency: 'AED' }, 'IRR');
  expect(fortune).toEqual({ minor: Number.MAX_SAFE_INTEGER, currency: 'IRR' });
});

test('there and back it is never less: the bound errs on the careful side', () => {
  fc.assert(
    fc.property(anyAmount, fc.constantFrom(...RATED), (money, reference) => {
      fc.pre(isRated(money.currency));
      const there = inReference(money, reference);
      fc.pre(there.minor < Number.MAX_SAFE_INTEGER);
      const back = inReference(there, money.currency);
      expect(back.minor).toBeGreaterThanOrEqual(money.minor);
    }),
  );
});

test.each([
  // What a ticket of about 400 GBP costs, by hand.
  [800_000, 'KRW'],
  [85_000, 'JPY'],
  [53_800, 'USD'],
  [46_200, 'EUR'],
  [166_000, 'KWD'],
  [14_000_000, 'VND'],
])('%i %s count as 400 GBP, and a quarter on top', (minor, currency) => {
  const counted = inReference({ minor, currency }, 'GBP').minor / 40_000;
  expect(counted).toBeGreaterThan(1);
  expect(counted).toBeLessThan(1.35);
});

test('a currency that nobody knows counts as the dearest', () => {
  const kwd = inReference({ minor: 1_000, currency: 'KWD' }, 'GBP').minor;
  expect(inReference({ minor: 10 ** minorDigits('ZZZ'), currency: 'ZZZ' }, 'GBP').minor).toBe(kwd);
});
