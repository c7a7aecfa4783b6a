import { type Money, minorDigits, moneyText } from './money.ts';

/**
 * Currencies in which no card can be charged. Source: Stripe, "Currencies": the presentment currencies, to which the
 * three-decimal ones were added since; these are on neither list.
 */
const NOT_CHARGED = new Set('BTN CUC CUP ERN GHS IQD IRR KPW LYD SDG SSP SYP TMT VED VES ZWG ZWL'.split(' '));

/** Amounts with three decimals are charged in steps of so many minor units. Source: Stripe, "Three-decimal currencies". */
const STEP = 10;

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
  return null;
}
