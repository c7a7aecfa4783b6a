import { type Money, minorDigits } from './money.ts';

/**
 * Units that one US dollar bought on 2 June 2026, by exchangerate-api.com (open access), to four digits, rounded down.
 * Good enough for bounds and thresholds, and for nothing else: no amount that is paid or shown comes from it.
 */
const PER_DOLLAR = new Map<string, number>(
  `
  AED 3.672 · AFN 63.55 · ALL 81.9 · AMD 368.5 · ANG 1.79 · AOA 924.9 · ARS 1421 · AUD 1.395 · AWG 1.79
  AZN 1.7 · BAM 1.681 · BBD 2 · BDT 122.7 · BGN 1.681 · BHD 0.376 · BIF 2984 · BMD 1 · BND 1.278 · BOB 6.919
  BRL 5.028 · BSD 1 · BTN 95.09 · BWP 13.78 · BYN 2.758 · BZD 2 · CAD 1.383 · CDF 2264 · CHF 0.786 · CLP 889.8
  CNY 6.78 · COP 3692 · CRC 453.6 · CUP 24 · CVE 94.77 · CZK 20.86 · DJF 177.7 · DKK 6.413 · DOP 58.61
  DZD 132.6 · EGP 52.03 · ERN 15 · ETB 158 · EUR 0.8595 · FJD 2.212 · FKP 0.7432 · GBP 0.7432 · GEL 2.664
  GHS 11.77 · GIP 0.7432 · GMD 74.2 · GNF 8765 · GTQ 7.627 · GYD 209.1 · HKD 7.837 · HNL 26.61 · HRK 6.476
  HTG 130.8 · HUF 305.2 · IDR 17870 · ILS 2.819 · INR 95.09 · IQD 1310 · IRR 1239000 · ISK 123.4 · JMD 157.5
  JOD 0.709 · JPY 159.6 · KES 129.4 · KGS 87.47 · KHR 4034 · KMF 422.8 · KRW 1511 · KWD 0.3089 · KYD 0.8333
  KZT 488 · LAK 21960 · LBP 89500 · LKR 330.5 · LRD 182.1 · LSL 16.29 · LYD 6.351 · MAD 9.185 · MDL 17.29
  MGA 4195 · MKD 53.02 · MMK 2100 · MNT 3599 · MOP 8.073 · MRU 40.07 · MUR 47.33 · MVR 15.44 · MWK 1742
  MXN 17.35 · MYR 3.964 · MZN 63.63 · NAD 16.29 · NGN 1371 · NIO 36.8 · NOK 9.271 · NPR 152.1 · NZD 1.684
  OMR 0.3844 · PAB 1 · PEN 3.403 · PGK 4.366 · PHP 61.8 · PKR 278.7 · PLN 3.639 · PYG 6089 · QAR 3.64
  RON 4.509 · RSD 100.7 · RUB 71.81 · RWF 1467 · SAR 3.75 · SBD 7.914 · SCR 14.75 · SDG 454 · SEK 9.302
  SGD 1.278 · SHP 0.7432 · SLE 24.58 · SLL 24580 · SOS 571.1 · SRD 37.16 · SSP 4700 · STN 21.05 · SYP 112.3
  SZL 16.29 · THB 32.6 · TJS 9.229 · TMT 3.499 · TND 2.907 · TOP 2.363 · TRY 45.94 · TTD 6.763 · TWD 31.36
  TZS 2617 · UAH 44.29 · UGX 3750 · USD 1 · UYU 40.15 · UZS 11920 · VES 557.9 · VND 26170 · VUV 117.5
  WST 2.68 · XAF 563.8 · XCD 2.7 · XOF 563.8 · XPF 102.5 · YER 238.6 · ZAR 16.29 · ZMW 18.25 · ZWG 26.85
  ZWL 26.85
`
    .trim()
    .split(/\s*[·\n]\s*/)
    .map((entry) => entry.split(' ') as [string, string])
    .map(([currency, units]) => [currency, Number(units)]),
);

/** A foreign amount counts for this many times its worth, so that a currency which has gained since then is not undercounted. */
const MARGIN = 1.25;

/** The dearest unit there is: the Kuwaiti dinar. A unit of a currency without a rate counts as one. */
const DEAREST = Math.min(...PER_DOLLAR.values());

/** Whether the table has a rate of the currency. */
export const isRated = (currency: string): boolean => PER_DOLLAR.has(currency);

/** What an amount was worth then, in US dollars. A unit of a currency without a rate counts as the dearest one. */
export const inDollars = ({ minor, currency }: Money): number =>
  minor / 10 ** minorDigits(currency) / (PER_DOLLAR.get(currency) ?? DEAREST);

/**
 * What an amount counts for against a bound in another currency: rather too much than too little. A currency without a rate
 * counts as the dearest one.
 * @param reference an ISO 4217 code that is rated
 */
export function inReference(amount: Money, reference: string): Money {
  if (amount.currency === reference) return amount;
  const units = inDollars(amount) * (PER_DOLLAR.get(reference) as number) * MARGIN;
  const minor = Math.ceil(units * 10 ** minorDigits(reference));
  // More than any bound can be: a fortune in rials is no exact number any more.
  return { minor: Math.min(minor, Number.MAX_SAFE_INTEGER), currency: reference };
}
