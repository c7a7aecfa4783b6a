import { type Money, minorDigits, moneyText } from './money.ts';
import { inDollars } from './reference-rates.ts';

/**
 * Currencies in which no card can be charged. Source: Stripe, "Currencies": the presentment currencies, to which the
 * three-decimal ones were added since; these are on neither list.
 */
const NOT_CHARGED = new Set('BTN CUC CUP ERN GHS IQD IRR KPW LYD SDG SSP SYP TMT VED VES ZWG ZWL'.split(' '));

/** Amounts with three decimals are charged and refunded in steps of so many minor units. Source: Stripe, "Three-decimal currencies". */
const STEP = 10;

/**
 * The least that a card is charged, in major units. Source: Stripe, "Currencies", "Minimum and maximum charge amounts". It counts after
 * conversion to the account's own currency, so the provider may refuse a little more, which ends no trip.
 */
const LEAST = new Map(
  Object.entries({
    0.3: 'GBP',
    0.5: 'USD EUR AUD CAD CHF NZD SGD INR BRL ZAR',
    2: 'AED PLN RON MYR',
    2.5: 'DKK',
    3: 'NOK SEK',
    4: 'HKD',
    10: 'MXN THB',
    15: 'CZK',
    50: 'JPY KRW',
    175: 'HUF',
  }).flatMap(([least, currencies]) =>
    currencies.split(' ').map((currency) => [currency, Number(least)] as const),
  ),
);
/** Of currencies that the table does not name, in US dollars: above the highest of those that it does. */
const LEAST_DOLLARS = 1;

/** Why so little can't be charged to a card, in words for the traveller; null when it can. */
export function tooLittle(amount: Money): string | null {
  const { currency, minor } = amount;
  const least = LEAST.get(currency);
  if (least === undefined)
    return inDollars(amount) < LEAST_DOLLARS
      ? `${moneyText(amount)} is less than a card can be charged`
      : null;
  if (minor >= least * 10 ** minorDigits(currency)) return null;
  const words = moneyText({ currency, minor: least * 10 ** minorDigits(currency) });
  return `${moneyText(amount)} is less than a card can be charged, ${words}`;
}

/**
 * What goes back to a card for an amount, in minor units: the next amount that the payment provider takes, at most what was paid.
 * The traveller never gets less than the airline gave back.
 */
export function refundableMinor({ minor, currency }: Money, paidMinor: number): number {
  const step = minorDigits(currency) === 3 ? STEP : 1;
  return Math.min(Math.ceil(minor / step) * step, paidMinor);
}

/** Whether a card can be charged in the currency at all. */
export const isChargedCurrency = (currency: string): boolean => !NOT_CHARGED.has(currency);

/**
 * Why exactly this amount can't be charged to a card, in words for the traveller; null when it can. An amount near to it is no
 * answer: a fare is charged to the last digit, or not at all.
 */
export function chargeProblem(amount: Money): string | null {
  const { currency, minor } = amount;
  if (!isChargedCurrency(currency)) return `no card can be charged in ${currency}`;
  if (minorDigits(currency) === 3 && minor % STEP !== 0)
    return `${moneyText(amount)} can not be charged to a card exactly: its last digit is not 0`;
  return tooLittle(amount);
}
