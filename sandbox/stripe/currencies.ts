import { refuse } from './errors.ts';

/** How Stripe counts a currency, and the least it charges in it, in those units. Source: Stripe, "Currencies". */
interface Counting {
  readonly currency: string;
  /** Decimals that an amount's last digits stand for. */
  readonly decimals: 0 | 2 | 3;
  /** The amount must be a multiple of it: the currency is not used as finely as it is counted. */
  readonly multipleOf?: 10 | 100;
  readonly least?: number;
}

const COUNTINGS: readonly Counting[] = [
  { currency: 'usd', decimals: 2, least: 50 },
  { currency: 'eur', decimals: 2, least: 50 },
  { currency: 'aud', decimals: 2, least: 50 },
  { currency: 'cad', decimals: 2, least: 50 },
  { currency: 'chf', decimals: 2, least: 50 },
  { currency: 'nzd', decimals: 2, least: 50 },
  { currency: 'sgd', decimals: 2, least: 50 },
  { currency: 'inr', decimals: 2, least: 50 },
  { currency: 'brl', decimals: 2, least: 50 },
  { currency: 'zar', decimals: 2, least: 50 },
  { currency: 'gbp', decimals: 2, least: 30 },
  { currency: 'aed', decimals: 2, least: 200 },
  { currency: 'pln', decimals: 2, least: 200 },
  { currency: 'ron', decimals: 2, least: 200 },
  { currency: 'myr', decimals: 2, least: 200 },
  { currency: 'dkk', decimals: 2, least: 250 },
  { currency: 'nok', decimals: 2, least: 300 },
  { currency: 'sek', decimals: 2, least: 300 },
  { currency: 'hkd', decimals: 2, least: 400 },
  { currency: 'mxn', decimals: 2, least: 1_000 },
  { currency: 'thb', decimals: 2, least: 1_000 },
  { currency: 'czk', decimals: 2, least: 1_500 },
  { currency: 'huf', decimals: 2, least: 17_500 },
  { currency: 'jpy', decimals: 0, least: 50 },
  { currency: 'krw', decimals: 0, least: 50 },
  ...['bif', 'clp', 'djf', 'gnf', 'kmf', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'].map(
    (currency): Counting => ({ currency, decimals: 0 }),
  ),
  // Without decimals of their own, yet counted with two.
  { currency: 'isk', decimals: 2, multipleOf: 100 },
  { currency: 'ugx', decimals: 2, multipleOf: 100 },
  ...['bhd', 'jod', 'kwd', 'omr', 'tnd'].map(
    (currency): Counting => ({ currency, decimals: 3, multipleOf: 10 }),
  ),
];
const BY_CURRENCY = new Map(COUNTINGS.map((counting) => [counting.currency, counting]));

/** Currencies that a card can not be charged in. Source: Stripe, "Currencies", which does not list them. */
const NOT_CHARGED = [
  'btn',
  'cup',
  'ern',
  'ghs',
  'iqd',
  'irr',
  'kpw',
  'lyd',
  'sdg',
  'ssp',
  'syp',
  'tmt',
  'ves',
];

/** Amounts have at most 12 digits, with American Express at most 9. */
const MAX_DIGITS = { amex: 9, others: 12 };

export const countingOf = (currency: string): Counting =>
  BY_CURRENCY.get(currency) ?? { currency, decimals: 2 };

/** What Stripe's amount is worth, in the currency's own major unit. */
export const majorOf = (amount: number, currency: string): number =>
  amount / 10 ** countingOf(currency).decimals;

/** Refuses an amount that Stripe does not charge. @param brand of the card, if it is known */
export function checkAmount(amount: number, currency: string, brand: string | null): void {
  const param = { param: 'amount', type: 'invalid_request_error' } as const;
  if (currency.length !== 3 || currency !== currency.toLowerCase() || NOT_CHARGED.includes(currency))
    refuse(400, { ...param, param: 'currency', message: `Invalid currency: ${currency}.` });
  if (!Number.isInteger(amount) || amount < 1)
    refuse(400, { ...param, code: 'parameter_invalid_integer', message: 'Invalid positive integer' });
  const { multipleOf = 1, least = 1 } = countingOf(currency);
  if (amount % multipleOf !== 0)
    refuse(400, {
      ...param,
      code: 'parameter_invalid_integer',
      message: `Amounts in ${currency} must be a multiple of ${multipleOf}.`,
    });
  if (amount < least)
    refuse(400, {
      ...param,
      code: 'amount_too_small',
      message: `Amount must be at least ${majorOf(least, currency)} ${currency}`,
    });
  if (String(amount).length > (brand === 'amex' ? MAX_DIGITS.amex : MAX_DIGITS.others))
    refuse(400, {
      ...param,
      code: 'amount_too_large',
      message: 'Amount must be no more than 99,999,999.99.',
    });
}
