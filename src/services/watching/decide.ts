import type { AskedFor } from '../../domain/asked.ts';
import type { LimitReached } from '../../domain/authorization-limits.ts';
import { chargeProblem } from '../../domain/chargeable.ts';
import { type DecisionRecord, recordDecision } from '../../domain/decision.ts';
import type { FailedFare } from '../../domain/failed-fares.ts';
import { documentProblem, takesPassports } from '../../domain/identity-documents.ts';
import { type Money, moneyText } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { type Selection, selectOffer, soleObjection } from '../../domain/selection.ts';
import type { Outcome } from '../../domain/trip.ts';
import type { WaitingTrip } from '../../ports/storage/watch.ts';
import type { WatchPorts } from './ports.ts';
import type { SelectionRules } from './selection-rules.ts';

/** By what a search's offers are chosen, whichever trip it answers. */
export type DecisionRules = SelectionRules & { readonly asked: AskedFor };

/** What a search's answer means for one trip. */
export interface Decision {
  readonly trip: WaitingTrip;
  readonly outcome: Outcome;
  /** The price of the offer chosen, else of the cheapest; null when there is none. */
  readonly best: Money | null;
  /** The offer to book; null when the trip is watched on. */
  readonly buy: Offer | null;
  /** Why it may not be booked now, though it fits; absent when no limit is reached. */
  readonly limit?: LimitReached;
  readonly selection: Selection;
  readonly record: DecisionRecord;
}

/** @param fares those that the trip failed to buy of late */
export async function decide(
  { flags, clock, schedule, travelers }: Pick<WatchPorts, 'flags' | 'clock' | 'schedule' | 'travelers'>,
  trip: WaitingTrip,
  offers: readonly Offer[],
  rules: DecisionRules,
  fares: readonly FailedFare[],
): Promise<Decision> {
  const { criteria, mandate } = trip;
  const passengers = offers.some(({ documentsRequired }) => documentsRequired)
    ? await travelers.flyersOf(trip.id)
    : undefined;
  const selectBy = { criteria, mandate, ...rules, passengers, now: clock.now() };
  const selection = selectOffer(offers, {
    ...selectBy,
    // Whoever books by hand decides what is tried again.
    ...(trip.autoBookEnabled && { failed: { fares, firstMs: schedule.watchIntervalMs } }),
  });
  const best = selection.chosen?.price ?? cheapestOf(offers)?.price ?? null;
  const stop = selection.chosen && trip.autoBookEnabled ? await flags.bookingStop(trip.userId) : null;
  const outcome = stop
    ? { code: 'paused', message: `An offer fits, but: ${stop.message} We keep watching.` }
    : (leftAlone(selection, offers, selectBy) ?? explain(selection, offers, selectBy));
  const record = recordDecision(selection, offers, { criteria, mandate, ...rules });
  const buy = trip.autoBookEnabled && !stop ? selection.chosen : null;
  return { trip, outcome, best, buy, selection, record };
}

const cheapestOf = (offers: readonly Offer[]): Offer | undefined =>
  offers.toSorted((a, b) => a.price.minor - b.price.minor)[0];

/** What the traveller reads when all that fits failed before; null when that is not why nothing is bought. */
function leftAlone(
  { chosen }: Selection,
  offers: readonly Offer[],
  selectBy: Parameters<typeof selectOffer>[1],
): Outcome | null {
  const offer = chosen ? null : selectOffer(offers, selectBy).chosen;
  return (
    offer && {
      code: 'fare_left_alone',
      message: `The fare of ${moneyText(offer.price)} could not be bought: the airline did not sell it to us. We try it again later, and look for others meanwhile.`,
    }
  );
}

/** That an offer fits, in words for the traveller. */
export const fitsText = ({ price, airlineName }: Offer): string =>
  `An offer fits: ${moneyText(price)} with ${airlineName}.`;

/** What the traveller reads. */
function explain(
  { chosen, verdicts }: Selection,
  offers: readonly Offer[],
  { mandate, passengers }: Parameters<typeof selectOffer>[1],
): Outcome {
  const cap = moneyText(mandate);
  if (chosen) return { code: 'fits', message: fitsText(chosen) };
  const cheapest = cheapestOf(offers);
  if (!cheapest)
    return {
      code: 'no_offers',
      message: 'No airline offers this route on these dates at present. We keep watching.',
    };
  const price = moneyText(cheapest.price);
  const undocumented = soleObjection(verdicts, offers, (offer) =>
    takesPassports(offer) ? documentProblem(offer, passengers) : null,
  );
  if (undocumented)
    return {
      code: 'documents_needed',
      message: `An offer would fit, but it ${undocumented}. Add what is missing to your travellers and it can be bought; we keep watching.`,
    };
  const uncharged = soleObjection(verdicts, offers, ({ price }) => chargeProblem(price));
  if (uncharged)
    return {
      code: 'not_chargeable',
      message: `An offer would fit, but ${uncharged}. We keep watching for a fare that can be charged.`,
    };
  if (cheapest.price.currency !== mandate.currency)
    return {
      code: 'other_currency',
      message: `Fares here are sold in ${cheapest.price.currency}; your cap is in ${mandate.currency}.`,
    };
  if (cheapest.price.minor > mandate.minor)
    return {
      code: 'above_budget',
      message: `The cheapest offer is ${price}, above your ${cap}. We keep watching.`,
    };
  return {
    code: 'no_match',
    message: `There are offers from ${price}, but none that meets your wishes. We keep watching.`,
  };
}
