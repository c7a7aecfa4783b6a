import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { chargeProblem } from '../../../domain/chargeable.ts';
import { type DecisionRecord, recordDecision } from '../../../domain/decision.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import { documentProblem } from '../../../domain/identity-documents.ts';
import { moneyText, withinMandate } from '../../../domain/money.ts';
import { itineraryKey, type Offer } from '../../../domain/offer.ts';
import type { Passenger } from '../../../domain/passenger.ts';
import type { SagaEvent } from '../../../domain/saga.ts';
import {
  MIN_OFFER_LIFE_MS,
  type SelectionRules,
  selectOffer,
  soleObjection,
} from '../../../domain/selection.ts';
import { AccountTrouble, Permanent } from '../../../errors.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { accountTrouble, compensate, next, reasonToStop } from '../results.ts';

/** Under this an offer is worth a line in the log: the order call alone may take two minutes. */
const SHORT_OFFER_LIFE_MS = 5 * 60_000;

/**
 * Finds the offer to buy. A shared search only tells that a trip fits: an offer request can be booked once, so buying
 * begins with a request of its own, and goes on only if the price still fits the mandate.
 */
export async function reprice(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const stop = await reasonToStop(ports, attempt);
  if (stop) return compensate(attempt, stop);
  const found = await findOffer(ports, attempt);
  if ('compensation' in found)
    return compensate(attempt, found.compensation, { events: weighed(found.decision) });
  const { offer } = found;
  noteExpiry(ports, attempt, offer);
  return next('authorize', {
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

type Found =
  | { offer: Offer; decision: DecisionRecord }
  | { compensation: Compensation; decision: DecisionRecord | null };

/** What there was to choose from is recorded also when nothing is bought. */
const weighed = (decision: DecisionRecord | null): readonly SagaEvent[] =>
  decision
    ? [{ type: 'offers.weighed', detail: { considered: decision.offers.length }, evidence: decision }]
    : [];

async function findOffer(ports: BookingStepPorts, attempt: Attempt): Promise<Found> {
  const { mandate, criteria, searchParams } = attempt.trip;
  let chosen: Offer | null = null;
  let decision: DecisionRecord | null = null;
  try {
    const flyers = await ports.travelers.flyersOf(attempt.tripId);
    const result = await ports.flights.search(searchParams, membersAmong(flyers));
    await ports.offers.keep(attempt, result);
    const offers = result.offers
      .map(({ offer }) => offer)
      .filter((offer) => !attempt.wantedItinerary || itineraryKey(offer) === attempt.wantedItinerary);
    const rules = await ports.flags.selectionRules();
    const selectBy = { criteria, mandate, ...rules, passengers: flyers, now: ports.clock.now() };
    const failed = await failedFares(ports, attempt);
    const selection = selectOffer(offers, { ...selectBy, failed });
    decision = recordDecision(selection, offers, { criteria, mandate, ...rules });
    chosen = selection.chosen;
    if (!chosen) {
      const missing = soleObjection(selection.verdicts, offers, (one) => documentProblem(one, flyers));
      if (missing) return { compensation: documentsNeeded(missing), decision };
      const alone = selectOffer(offers, selectBy).chosen;
      return { compensation: alone ? leftAlone(alone) : noLongerFits(offers), decision };
    }
    // The airline re-prices when the offer is read; this is the price that will be charged.
    const { offer } = await ports.flights.offer(chosen.offerId);
    if (!withinMandate(offer.price, mandate))
      return { compensation: { ...noLongerFits([offer]), failedFare: fareOf(chosen) }, decision };
    const undocumented = documentProblem(offer, flyers);
    if (undocumented)
      return { compensation: { ...documentsNeeded(undocumented), failedFare: fareOf(chosen) }, decision };
    const uncharged = chargeProblem(offer.price);
    if (uncharged)
      return { compensation: { ...notChargeable(uncharged), failedFare: fareOf(chosen) }, decision };
    if (lifeLeft(ports, offer) < MIN_OFFER_LIFE_MS)
      return {
        compensation: {
          code: 'offer_expired',
          message: 'The offer ran out before it could be bought.',
          to: 'search',
        },
        decision,
      };
    return { offer, decision };
  } catch (error) {
    if (error instanceof AccountTrouble) return { compensation: accountTrouble, decision };
    if (error instanceof Permanent)
      return {
        compensation: {
          code: error.code,
          message: 'The offer was gone when we came to buy it; we look for the next.',
          to: 'search',
          ...(chosen && { failedFare: fareOf(chosen) }),
        },
        decision,
      };
    throw error;
  }
}

/** A seller hears who asks only where somebody has something of it: the fare of a loyalty programme. */
const membersAmong = (flyers: readonly Passenger[]): readonly Passenger[] =>
  flyers.some(({ loyaltyAccounts = [] }) => loyaltyAccounts.length > 0) ? flyers : [];

/** What a traveller picked by hand is tried however often it failed before. */
async function failedFares(
  { history, settings }: BookingStepPorts,
  { tripId, wantedItinerary }: Attempt,
): Promise<NonNullable<SelectionRules['failed']>> {
  const fares = wantedItinerary === null ? ((await history.failedFares([tripId])).get(tripId) ?? []) : [];
  return { fares, firstMs: settings.schedule.watchIntervalMs };
}

const leftAlone = ({ price }: Offer): Compensation => ({
  code: 'fare_left_alone',
  message: `The fare of ${moneyText(price)} could not be bought before and is left alone for a while. We keep watching.`,
  to: 'watch',
});

const documentsNeeded = (problem: string): Compensation => ({
  code: 'documents_needed',
  message: `The fare could not be bought: it ${problem}. Add what is missing to your travellers; we keep watching.`,
  to: 'watch',
});

const notChargeable = (problem: string): Compensation => ({
  code: 'not_chargeable',
  message: `The fare moved before it could be bought: ${problem}. We keep watching for one that can be charged.`,
  to: 'watch',
});

function noLongerFits(offers: readonly Offer[]): Compensation {
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  const now = cheapest ? `It now costs ${moneyText(cheapest.price)}.` : 'It is no longer on sale.';
  return {
    code: 'no_longer_fits',
    message: `The fare moved before it could be bought. ${now} We keep watching.`,
    to: 'watch',
    ...(cheapest && { notify: 'price_change' as const }),
  };
}

function lifeLeft(ports: BookingStepPorts, offer: Offer): number {
  return offer.expiresAt
    ? Date.parse(offer.expiresAt) - ports.clock.now().getTime()
    : Number.POSITIVE_INFINITY;
}

function noteExpiry(ports: BookingStepPorts, attempt: Attempt, offer: Offer): void {
  const { offerId } = offer;
  if (!offer.expiresAt) ports.log.warn({ attemptId: attempt.id, offerId }, 'the offer states no expiry');
  else if (lifeLeft(ports, offer) < SHORT_OFFER_LIFE_MS)
    ports.log.info({ attemptId: attempt.id, offerId, expiresAt: offer.expiresAt }, 'the offer expires soon');
}
