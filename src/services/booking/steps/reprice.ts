import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { type DecisionRecord, recordDecision } from '../../../domain/decision.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import { fareText, isSameFare } from '../../../domain/fare.ts';
import { documentProblem } from '../../../domain/identity-documents.ts';
import { moneyText } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import type { Passenger } from '../../../domain/passenger.ts';
import type { SagaEvent } from '../../../domain/saga.ts';
import {
  MIN_OFFER_LIFE_MS,
  objectionsTo,
  type Selection,
  type SelectionRules,
  selectOffer,
  soleObjection,
} from '../../../domain/selection.ts';
import { AccountTrouble, Permanent } from '../../../errors.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { accountTrouble, compensate, next, reasonToStop } from '../results.ts';
import {
  documentsNeeded,
  expiredOffer,
  fareChanged,
  fareNotFound,
  leftAlone,
  noLongerFits,
  offerGone,
} from './fare-gone.ts';

/** Under this an offer is worth a line in the log: the order call alone may take two minutes. */
const SHORT_OFFER_LIFE_MS = 5 * 60_000;

/**
 * Finds the offer to buy. A shared search only tells that a trip fits: an offer request can be booked once, so buying
 * begins with a request of its own. It goes on only with the fare that was meant, and only while that fits the traveller's
 * wishes, what was asked for, and the mandate.
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
          fare: fareText(offer),
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
    const all = result.offers.map(({ offer }) => offer);
    const offers = all.filter((offer) => isMeant(attempt, offer));
    const rules = await ports.flags.selectionRules();
    const now = ports.clock.now();
    const selectBy = { asked: searchParams, criteria, mandate, ...rules, passengers: flyers, now };
    const failed = await failedFares(ports, attempt);
    const selection = selectOffer(offers, { ...selectBy, failed });
    decision = recordDecision(selection, offers, { criteria, mandate, ...rules });
    chosen = selection.chosen;
    if (!chosen) {
      const missing = soleObjection(selection.verdicts, offers, (one) => documentProblem(one, flyers));
      if (missing) return { compensation: documentsNeeded(missing), decision };
      const alone = selectOffer(offers, selectBy).chosen;
      return { compensation: alone ? leftAlone(alone) : notFound(attempt, all, offers, selection), decision };
    }
    // The airline re-prices when the offer is read, and may change it: this is what will be bought.
    const { offer } = await ports.flights.offer(chosen.offerId);
    const failedFare = fareOf(chosen);
    const changed = fareChanged(attempt.wantedFare ?? chosen, offer, { byHand: isByHand(attempt) });
    if (changed) return { compensation: { ...changed, failedFare }, decision };
    const undocumented = documentProblem(offer, flyers);
    if (undocumented) return { compensation: { ...documentsNeeded(undocumented), failedFare }, decision };
    const objections = objectionsTo(offer, selectBy);
    if (objections.length)
      return { compensation: { ...noLongerFits([offer], objections), failedFare }, decision };
    if (lifeLeft(ports, offer) < MIN_OFFER_LIFE_MS) return { compensation: expiredOffer, decision };
    return { offer, decision };
  } catch (error) {
    if (error instanceof AccountTrouble) return { compensation: accountTrouble, decision };
    if (error instanceof Permanent)
      return {
        compensation: {
          ...offerGone(error.code, { byHand: isByHand(attempt) }),
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
  attempt: Attempt,
): Promise<NonNullable<SelectionRules['failed']>> {
  const { tripId } = attempt;
  const fares = isByHand(attempt) ? [] : ((await history.failedFares([tripId])).get(tripId) ?? []);
  return { fares, firstMs: settings.schedule.watchIntervalMs };
}

const isByHand = ({ wantedItinerary }: Attempt): boolean => wantedItinerary !== null;

/** By hand only the fare that was picked; which that was is unknown of an attempt that a version before started. */
function isMeant(attempt: Attempt, offer: Offer): boolean {
  if (!isByHand(attempt)) return true;
  return attempt.wantedFare !== null && isSameFare(attempt.wantedFare, offer);
}

/** @param meant the offers of `all` that would do */
function notFound(
  attempt: Attempt,
  all: readonly Offer[],
  meant: readonly Offer[],
  { verdicts }: Selection,
): Compensation {
  if (!isByHand(attempt)) return noLongerFits(meant);
  if (meant.length === 0) return fareNotFound(attempt.wantedFare, all);
  return noLongerFits(meant, verdicts[0]?.objections);
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
