import { expect, test } from 'vitest';
import { chargeProblem, isChargedCurrency } from '../../src/domain/chargeable.ts';
import { toStripe } from '../../src/providers/stripe/normalise.ts';

test.each([
  [{ minor: 123_450, currency: 'KWD' }, null],
  [
    { minor: 123_456, currency: 'KWD' },
    '123.456 KWD can not be charged to a card exactly: its last digit is not 0',
  ],
  [{ minor: 399, currency: 'JPY' }, null],
  [{ minor: 39_901, currency: 'GBP' }, null],
  [{ minor: 5, currency: 'UGX' }, null],
  [{ minor: 1_000, currency: 'IRR' }, 'no card can be charged in IRR'],
])('%o: %s', (amount, problem) => {
  expect(chargeProblem(amount)).toBe(problem);
});

test('whatever is not objected to can be sent to Stripe', () => {
  for (const currency of Intl.supportedValuesOf('currency').filter(isChargedCurrency))
    for (const minor of [1_000, 1_001, 1_010, 999]) {
      const amount = { minor, currency };
      if (chargeProblem(amount) === null) expect(toStripe(amount)).toBeGreaterThan(0);
      else expect(() => toStripe(amount)).toThrow(/multiples of ten/);
    }
});
