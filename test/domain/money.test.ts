import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMoney, isCurrency, minorDigits, parseMoney, withinMandate } from '../../src/domain/money.ts';
import { toStripe } from '../../src/providers/stripe/normalise.ts';

const currency = fc.constantFrom('GBP', 'EUR', 'USD', 'JPY', 'KWD', 'ISK', 'CLP', 'TND');
/** At most twelve digits before the point are read, and some currencies have none behind it. */
const money = fc.record({ minor: fc.integer({ min: 0, max: 1e12 - 1 }), currency });

test('what is written is read back, to the last minor unit', () => {
  fc.assert(
    fc.property(money, (given) => {
      expect(parseMoney(formatMoney(given))).toEqual(given);
    }),
  );
});

test('no amount finer than the minor unit, negative, grouped or in exponents is read', () => {
  const bad = ['-1.00', '1,000.00', '1e3', '', '.5', '1.', ' 1', '1.001', 'NaN', '0x10', '１'];
  for (const amount of bad)
    expect([amount, parseMoney({ amount, currency: 'GBP' })]).toEqual([amount, undefined]);
  expect(parseMoney({ amount: '10.5', currency: 'JPY' })).toBeUndefined();
  expect(parseMoney({ amount: '10.00', currency: 'JPY' })).toEqual({ minor: 10, currency: 'JPY' });
  expect(parseMoney({ amount: '1.234', currency: 'KWD' })).toEqual({ minor: 1_234, currency: 'KWD' });
});

test('a mandate covers its own currency only, and never a unit more', () => {
  fc.assert(
    fc.property(money, money, (price, cap) => {
      expect(withinMandate(price, cap)).toBe(price.currency === cap.currency && price.minor <= cap.minor);
    }),
  );
});

test("Stripe's integers: minor units, but ISK with two decimals and three-decimal amounts in tens", () => {
  expect(toStripe({ minor: 42_000, currency: 'GBP' })).toBe(42_000);
  expect(toStripe({ minor: 42_000, currency: 'JPY' })).toBe(42_000);
  expect(toStripe({ minor: 420, currency: 'ISK' })).toBe(42_000);
  expect(toStripe({ minor: 420, currency: 'UGX' })).toBe(42_000);
  expect(toStripe({ minor: 1_230, currency: 'KWD' })).toBe(1_230);
  expect(() => toStripe({ minor: 1_234, currency: 'KWD' })).toThrow(/multiples of ten/);
});

test('currencies are ISO 4217 codes of money that can be spent', () => {
  expect(['GBP', 'EUR', 'JPY'].every(isCurrency)).toBe(true);
  expect(['XXX', 'XAU', 'gbp', 'ABC', ''].some(isCurrency)).toBe(false);
  expect(['GBP', 'JPY', 'KWD'].map(minorDigits)).toEqual([2, 0, 3]);
});

test('twelve digits before the point are read, and no more', () => {
  expect(parseMoney({ amount: '9'.repeat(12), currency: 'ISK' })).toEqual({
    minor: 1e12 - 1,
    currency: 'ISK',
  });
  expect(parseMoney({ amount: `1${'0'.repeat(12)}`, currency: 'ISK' })).toBeUndefined();
});
