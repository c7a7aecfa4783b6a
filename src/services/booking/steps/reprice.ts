import type { Attempt, Unwind } from '../../../domain/attempt.ts';
import { type DecisionRecord, recordDecision } from '../../../domain/decision.ts';
import { moneyText, withinMandate } from '../../../domain/money.ts';
import { itineraryKey, type Offer } from '../../../domain/offer.ts';
import { MIN_OFFER_LIFE_MS, selectOffer } from '../../../domain/selection.ts';
import { Permanent } from '../../../errors.ts';
import { go, reasonToStop, undo } from '../moves.ts';
import type { Move, StepPorts } from '../ports.ts';

/** Under this an offer is worth a line in the log: the order call alone may take two minutes. */
const SHORT_OFFER_LIFE_MS = 5 * 60_000;

/**
 * Finds the offer to buy. A shared search only tells that a trip fits: an offer request can be booked once, so buying
 * begins with a request of its own, and goes on only if the price still fits the mandate.
 */
export async function run(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const stop = await reasonToStop(ports, attempt);
  if (stop) return undo(attempt, stop);
  const found = await findOffer(ports, attempt);
  if ('unwind' in found) return undo(attempt, found.unwind, { events: weighed(found.decision) });
  const { offer } = found;
  noteExpiry(ports, attempt, offer);
  return go('authorize', {
    patch: { offer },
    events: [
      {
        type: 'offer.selected',
        detail: {
          offerId: offer.offerId,
          price: moneyText(offer.price),
          airline: offer.airline,
          considered: found.decision.offers.length,
        },
        evidence: found.decision,
      },
    ],
  });
}

type Found = { offer: Offer; decision: DecisionRecord } | { unwind: Unwind; decision: DecisionRecord | null };

/** Also when nothing is bought, it is kept what there was to choose from. */
const weighed = (decision: DecisionRecord | null) =>
  decision
    ? [{ type: 'offers.weighed', detail: { considered: decision.offers.length }, evidence: decision }]
    : [];

async function findOffer(ports: StepPorts, attempt: Attempt): Promise<Found> {
  const { mandate, criteria, searchParams } = attempt.trip;
  let chosen: Offer | null;
  let decision: DecisionRecord | null = null;
  try {
    const result = await ports.flights.search(searchParams);
    await ports.store.keepOffers(attempt, result);
    const offers = result.offers
      .map(({ offer }) => offer)
      .filter((offer) => !attempt.wantedItinerary || itineraryKey(offer) === attempt.wantedItinerary);
    const rules = await ports.flags.selectionRules();
    const selection = selectOffer(offers, { criteria, mandate, ...rules, now: ports.clock.now() });
    decision = recordDecision(selection, offers, { criteria, mandate, ...rules });
    chosen = selection.chosen;
    if (!chosen) return { unwind: noLongerFits(offers), decision };
    // The airline re-prices when the offer is read; this is the price that will be charged.
    const { offer } = await ports.flights.offer(chosen.offerId);
    if (!withinMandate(offer.price, mandate)) return { unwind: noLongerFits([offer]), decision };
    if (lifeLeft(ports, offer) < MIN_OFFER_LIFE_MS)
      return {
        unwind: {
          code: 'offer_expired',
          message: 'The offer ran out before it could be bought.',
          to: 'search',
        },
        decision,
      };
    return { offer, decision };
  } catch (error) {
    if (error instanceof Permanent)
      return {
        unwind: {
          code: error.code,
          message: 'The offer was gone when we came to buy it; we look for the next.',
          to: 'search',
        },
        decision,
      };
    throw error;
  }
}

function noLongerFits(offers: readonly Offer[]): Unwind {
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  const now = cheapest ? `It now costs ${moneyText(cheapest.price)}.` : 'It is no longer on sale.';
  return {
    code: 'no_longer_fits',
    message: `The fare moved before it could be bought. ${now} We keep watching.`,
    to: 'watch',
    ...(cheapest && { notify: 'price_change' as const }),
  };
}

function lifeLeft(ports: StepPorts, offer: Offer): number {
  return offer.expiresAt
    ? Date.parse(offer.expiresAt) - ports.clock.now().getTime()
    : Number.POSITIVE_INFINITY;
}

function noteExpiry(ports: StepPorts, attempt: Attempt, offer: Offer): void {
  const { offerId } = offer;
  if (!offer.expiresAt) ports.log.warn({ attemptId: attempt.id, offerId }, 'the offer states no expiry');
  else if (lifeLeft(ports, offer) < SHORT_OFFER_LIFE_MS)
    ports.log.info({ attemptId: attempt.id, offerId, expiresAt: offer.expiresAt }, 'the offer expires soon');
}
