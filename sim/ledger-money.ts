import { majorOf } from '../sandbox/stripe/currencies.ts';

/** Minor units of an airline's amount: it is written with all the decimals its currency has. */
export const airlineMinor = (amount: string): number => Number(amount.replace('.', ''));

/** Decimals of the currencies that the simulator's routes have, by ISO 4217. */
const DECIMALS: Record<string, number> = { gbp: 2, usd: 2, jpy: 0, kwd: 3, ugx: 0, isk: 0 };

/** Minor units of an amount in Stripe's books, by what Stripe takes it for. */
export const stripeMinor = (amount: number, currency: string): number =>
  Math.round(majorOf(amount, currency) * 10 ** (DECIMALS[currency] ?? 2));

/** Minor units of a currency, such as `GBP`, as a person reads them. */
export function majorText(minor: number, currency: string): string {
  const decimals = DECIMALS[currency.toLowerCase()] ?? 2;
  return `${(minor / 10 ** decimals).toFixed(decimals)} ${currency}`;
}

/** What is refunded to a card for an amount, in minor units: whole tens where the currency has three decimals. */
export const cardMinor = (minor: number, currency: string): number =>
  ['BHD', 'JOD', 'KWD', 'OMR', 'TND'].includes(currency) ? Math.ceil(minor / 10) * 10 : minor;
