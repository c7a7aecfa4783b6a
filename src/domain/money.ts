/** An amount in minor units (pence, cents, yen) of an ISO 4217 currency. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** Money as the API and the vendors write it: a decimal string in major units. */
export interface DecimalMoney {
  readonly amount: string;
  readonly currency: string;
}

const ZERO_DIGITS = new Set('BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '));
const THREE_DIGITS = new Set('BHD JOD KWD OMR TND'.split(' '));
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether the code is a currency of ISO 4217 that fares are sold in; its codes in X (gold, testing) are none. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code) && !code.startsWith('X');

/** How many digits the currency's minor unit takes: 2 for GBP, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): 0 | 2 | 3 {
  if (ZERO_DIGITS.has(currency)) return 0;
  return THREE_DIGITS.has(currency) ? 3 : 2;
}

/**
 * Reads a decimal string exactly; no floating point is involved.
 * @returns undefined when it is not a plain non-negative amount, or finer than the currency's minor unit
 */
export function parseMoney({ amount, currency }: DecimalMoney): Money | undefined {
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(amount);
  if (!match) return undefined;
  const digits = minorDigits(currency);
  const fraction = match[2] ?? '';
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  return { minor: Number(match[1] + fraction.slice(0, digits).padEnd(digits, '0')), currency };
}

/** Writes money as a decimal string in major units. */
export function formatMoney({ minor, currency }: Money): DecimalMoney {
  const digits = minorDigits(currency);
  const padded = String(minor).padStart(digits + 1, '0');
  const amount = digits === 0 ? padded : `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
  return { amount, currency };
}

/** `420.00 GBP`, for logs, timelines and messages. */
export function moneyText(money: Money): string {
  const { amount, currency } = formatMoney(money);
  return `${amount} ${currency}`;
}

/** Whether the price is at most the mandate, in the mandate's currency. */
export function withinMandate(price: Money, mandate: Money): boolean {
  return price.currency === mandate.currency && price.minor <= mandate.minor;
}
