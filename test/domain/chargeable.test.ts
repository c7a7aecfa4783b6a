import { expect, test } from 'vitest';
import { checkAmount, countingOf } from '../../sandbox/stripe/currencies.ts';
import { chargeProblem, isChargedCurrency } from '../../src/domain/chargeable.ts';
import { toStripe } from '../../src/providers/stripe/normalise.ts';

test.each([
  [{ minor: 123_450, currency: 'KWD' }, null],
  [
    { minor: 123_456, currency: 'KWD' },
    '123.456 KWD can not be charged to a card exactly: its last digit is not 0',
  ],
  [{ minor: 399, currency: 'JPY' }, null],
  [{ minor: 50, currency: 'JPY' }, null],
  [{ minor: 49, currency: 'JPY' }, '49 JPY is less than a card can be charged, 50 JPY'],
  [{ minor: 29, currency: 'GBP' }, '0.29 GBP is less than a card can be charged, 0.30 GBP'],
  [{ minor: 30, currency: 'GBP' }, null],
  [{ minor: 249, currency: 'DKK' }, '2.49 DKK is less than a card can be charged, 2.50 DKK'],
  [{ minor: 17_499, currency: 'HUF' }, '174.99 HUF is less than a card can be charged, 175.00 HUF'],
  [{ minor: 100, currency: 'ISK' }, '100 ISK is less than a card can be charged'],
  [{ minor: 200, currency: 'ISK' }, null],
  [{ minor: 39_901, currency: 'GBP' }, null],
  [{ minor: 5_000, currency: 'UGX' }, null],
  [{ minor: 1_000, currency: 'IRR' }, 'no card can be charged in IRR'],
])('%o: %s', (amount, problem) => {
  expect(chargeProblem(amount)).toBe(problem);
});

test('whatever is not objected to can be sent to Stripe, and is no less than it charges', () => {
  for (const currency of Intl.supportedValuesOf('currency').filter(isChargedCurrency))
    for (const minor of [1, 29, 30, 49, 50, 199, 249, 999, 1_000, 1_001, 1_010, 17_499, 17_500]) {
      const amount = { minor, currency };
      if (chargeProblem(amount) !== null) continue;
      expect(() => checkAmount(toStripe(amount), currency.toLowerCase(), 'visa')).not.toThrow();
    }
});

test.each(['USD', 'GBP', 'AED', 'DKK', 'SEK', 'HKD', 'MXN', 'CZK', 'JPY', 'KRW', 'HUF'])(
  'the least in %s is what the stand-in, by a table of its own, takes for it',
  (currency) => {
    const least = countingOf(currency.toLowerCase()).least as number;
    expect(chargeProblem({ minor: least, currency })).toBeNull();
    expect(chargeProblem({ minor: least - 1, currency })).toMatch(/less than a card can be charged/);
  },
);
