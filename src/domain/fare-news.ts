import type { Money } from './money.ts';
import { inReference } from './reference-rates.ts';

/** The last mail about a fare that fits, to the traveller of a trip. Stored with the trip. */
export interface NotifiedFare {
  /** Rises with each change: of two workers that read the same one, one may change it. */
  readonly version: number;
  /** The search key of the last mail: other dates or travellers are another fare. */
  readonly searchKey: string;
  /** The price of the last mail. */
  readonly price: Money;
  /** A check since that mail found no fare that fits. */
  readonly gone: boolean;
  /** When the mails of the last day were due, oldest first, RFC 3339. */
  readonly mails: readonly string[];
}

/** Why a fare is worth a mail: the first that fits, one that came back, one that fell. */
export type FareNews = 'fits' | 'back' | 'fell';

/** A fall is worth a mail from this share of the last mail's price on, and from this amount on, in minor units of `LEAST_FALL_IN`. */
const LEAST_FALL_SHARE = 0.05;
const LEAST_FALL_MINOR = 500;
const LEAST_FALL_IN = 'USD';

const DAY_MS = 24 * 3_600_000;
/** Mails of one trip in any 24 hours. docs/decisions/0036. */
export const MAX_FARE_MAILS_A_DAY = 6;
/** Falls leave room for a fare that comes back later in the day. */
const MAX_FALLS_A_DAY = 3;

/**
 * Whether a check is worth a mail to a traveller who books by hand.
 * @param notified as it stands; null before the first mail
 * @param check what was searched, the price of the fare that fits (null when none does), and the cap as it is now
 * @returns the news, null when there is none; and what to store, undefined when it stays as it is
 */
export function fareNews(
  notified: NotifiedFare | null,
  check: { readonly searchKey: string; readonly fare: Money | null; readonly mandate: Money },
  now: Date,
): { readonly news: FareNews | null; readonly notified?: NotifiedFare } {
  const { searchKey, fare, mandate } = check;
  if (!fare) {
    if (!notified || notified.gone) return { news: null };
    return { news: null, notified: { ...notified, version: notified.version + 1, gone: true } };
  }
  const news = notified?.searchKey === searchKey ? newsOf(notified, fare, mandate) : 'fits';
  const mails = (notified?.mails ?? []).filter((at) => now.getTime() - Date.parse(at) < DAY_MS);
  // What came back and finds the day used up stays gone: its mail follows when the day allows, if the fare is still there.
  if (!news || mails.length >= (news === 'fell' ? MAX_FALLS_A_DAY : MAX_FARE_MAILS_A_DAY))
    return { news: null };
  const version = (notified?.version ?? 0) + 1;
  return {
    news,
    notified: { version, searchKey, price: fare, gone: false, mails: [...mails, now.toISOString()] },
  };
}

function newsOf({ price, gone }: NotifiedFare, fare: Money, mandate: Money): FareNews | null {
  // The traveller may have lowered the cap since: the fare of the last mail fits no more.
  const fitsStill = price.currency === mandate.currency && price.minor <= mandate.minor;
  if (gone || !fitsStill || price.currency !== fare.currency) return 'back';
  const fall = { ...fare, minor: price.minor - fare.minor };
  if (fall.minor < price.minor * LEAST_FALL_SHARE) return null;
  return inReference(fall, LEAST_FALL_IN).minor >= LEAST_FALL_MINOR ? 'fell' : null;
}
