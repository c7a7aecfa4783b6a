import type { Compensation } from '../../../domain/attempt.ts';
import { fareDifferences } from '../../../domain/fare.ts';
import { moneyText } from '../../../domain/money.ts';
import { itineraryKey, type Offer } from '../../../domain/offer.ts';

/** Why no offer is bought, before anything was authorized. */

/** Who picked by hand is not given another fare; else the next best is looked for. */
interface Picked {
  readonly byHand: boolean;
}

const CHOOSE = 'Nothing was bought. Choose another offer, or keep watching.';

export const leftAlone = ({ price }: Offer): Compensation => ({
  code: 'fare_left_alone',
  message: `The fare of ${moneyText(price)} could not be bought before and is left alone for a while. We keep watching.`,
  to: 'watch',
});

export const documentsNeeded = (problem: string): Compensation => ({
  code: 'documents_needed',
  message: `The fare could not be bought: it ${problem}. Add what is missing to your travellers; we keep watching.`,
  to: 'watch',
});

export const expiredOffer: Compensation = {
  code: 'offer_expired',
  message: 'The offer ran out before it could be bought.',
  to: 'search',
};

/** @param code the seller's own word */
export const offerGone = (code: string, { byHand }: Picked): Compensation => ({
  code,
  message: byHand
    ? `The offer was gone when we came to buy it. ${CHOOSE}`
    : 'The offer was gone when we came to buy it; we look for the next.',
  to: 'search',
});

/**
 * @param offers that are on sale and do not fit
 * @param objections to the only one that would have been bought
 */
export function noLongerFits(offers: readonly Offer[], objections: readonly string[] = []): Compensation {
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  const now = cheapest ? `It now costs ${moneyText(cheapest.price)}.` : 'It is no longer on sale.';
  const why = objections.length ? ` What stands against it: ${objections.join('; ')}.` : '';
  return {
    code: 'no_longer_fits',
    message: `The fare moved before it could be bought. ${now}${why} We keep watching.`,
    to: 'watch',
    ...(cheapest && { notify: 'price_change' as const }),
  };
}

/** The fare that was picked by hand is not among the offers of a fresh search. @param all what is on sale */
export function fareNotFound(meant: Offer | null, all: readonly Offer[]): Compensation {
  const flights = meant && itineraryKey(meant);
  const [nearest] = all
    .filter((offer) => itineraryKey(offer) === flights)
    .map((offer) => ({ offer, differences: fareDifferences(meant as Offer, offer) }))
    .toSorted(
      (a, b) => a.differences.length - b.differences.length || a.offer.price.minor - b.offer.price.minor,
    );
  const sold = nearest
    ? `The same flights cost ${moneyText(nearest.offer.price)} with ${nearest.differences.join('; ')}.`
    : 'Its flights are not sold any more.';
  return gone(`The fare that you chose is no longer on sale. ${meant ? sold : ''}`.trim());
}

/**
 * What the airline changed of a fare between search and read; null when it is the fare that was meant. Without a traveller's
 * own pick, a fact that was unknown in the search may have become known: whether it fits the wishes is asked apart.
 */
export function fareChanged(meant: Offer, read: Offer, { byHand }: Picked): Compensation | null {
  const differences = fareDifferences(meant, read, { mayBecomeKnown: !byHand });
  if (differences.length === 0) return null;
  const message = `The airline changed the fare before it could be bought: ${differences.join('; ')}.`;
  if (byHand) return gone(message);
  return { code: 'fare_changed', message: `${message} We look for the next.`, to: 'search' };
}

const gone = (message: string): Compensation => ({
  code: 'fare_gone',
  message: `${message} ${CHOOSE}`,
  to: 'watch',
  notify: 'price_change',
});
