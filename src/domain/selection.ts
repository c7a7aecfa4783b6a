import { type Money, moneyText, withinMandate } from './money.ts';
import { durationOf, type Offer, stopsOf } from './offer.ts';

/** What the traveller insists on. An absent field asks for nothing. */
export interface Criteria {
  readonly maxStops?: number | undefined;
  /** Of each slice. */
  readonly maxDurationMinutes?: number | undefined;
  /** IATA codes in order of preference; anything else is out. */
  readonly airlines?: readonly string[] | undefined;
  /** Earliest and latest airport-local departure of the first slice, `HH:MM`. */
  readonly departAfter?: string | undefined;
  readonly departBefore?: string | undefined;
  /** Checked bags per passenger, included in the fare. */
  readonly bags?: number | undefined;
}

export interface SelectionRules {
  readonly criteria: Criteria;
  readonly mandate: Money;
  /** Off: trips with more than a price cap and a stop limit find no match, for a wish must not be ignored. */
  readonly advancedFiltering: boolean;
  /** Off: the cheapest wins. */
  readonly priceOptimization: boolean;
  readonly now: Date;
}

/** Why one offer was or was not bought. */
export interface Verdict {
  readonly offerId: string;
  readonly price: Money;
  /** What stands against it; empty when it fits. */
  readonly objections: readonly string[];
  /** 0 is best, 100 worst; null when it does not fit. */
  readonly score: number | null;
}

export interface Selection {
  readonly chosen: Offer | null;
  readonly verdicts: readonly Verdict[];
}

/** Points out of 100. Each measure is first scaled to 0..1 over the fitting offers, so units and currency cancel out. */
const WEIGHTS = { price: 60, duration: 25, stops: 15 } as const;

/** Below this an offer is gone before the money is reserved. */
export const MIN_OFFER_LIFE_MS = 60_000;

/** Hard criteria first, then the ranking; ties fall to price, duration, airline preference and at last the offer id. */
export function selectOffer(offers: readonly Offer[], rules: SelectionRules): Selection {
  const objections = new Map(offers.map((offer) => [offer, objectionsTo(offer, rules)]));
  const fitting = offers.filter((offer) => objections.get(offer)?.length === 0);
  const scores = rules.priceOptimization ? scoreAll(fitting) : new Map<Offer, number>();
  const preference = (offer: Offer) => rules.criteria.airlines?.indexOf(offer.airline) ?? 0;
  const [chosen] = fitting.toSorted(
    (a, b) =>
      (scores.get(a) ?? 0) - (scores.get(b) ?? 0) ||
      a.price.minor - b.price.minor ||
      durationOf(a) - durationOf(b) ||
      preference(a) - preference(b) ||
      (a.offerId < b.offerId ? -1 : 1),
  );
  const verdicts = offers.map((offer) => ({
    offerId: offer.offerId,
    price: offer.price,
    objections: objections.get(offer) ?? [],
    score: scores.get(offer) ?? null,
  }));
  return { chosen: chosen ?? null, verdicts };
}

function objectionsTo(offer: Offer, { criteria, mandate, advancedFiltering, now }: SelectionRules): string[] {
  const { maxStops, maxDurationMinutes, airlines, departAfter, departBefore, bags } = criteria;
  const found: string[] = [];
  if (offer.price.currency !== mandate.currency)
    found.push(`priced in ${offer.price.currency}, the cap is in ${mandate.currency}`);
  else if (!withinMandate(offer.price, mandate))
    found.push(`${moneyText(offer.price)} is above the cap of ${moneyText(mandate)}`);
  if (offer.expiresAt && Date.parse(offer.expiresAt) - now.getTime() < MIN_OFFER_LIFE_MS)
    found.push('expires in under a minute');
  if (maxStops !== undefined && stopsOf(offer) > maxStops) found.push(`has more than ${maxStops} stops`);
  if (!advancedFiltering && hasAdvanced(criteria))
    return [...found, 'advanced criteria are switched off at present'];
  if (
    maxDurationMinutes !== undefined &&
    offer.slices.some((slice) => slice.durationMinutes > maxDurationMinutes)
  )
    found.push(`takes longer than ${maxDurationMinutes} minutes`);
  if (airlines?.length && !airlines.includes(offer.airline)) found.push(`is on ${offer.airline}`);
  const departs = offer.slices[0]?.segments[0]?.departingAtLocal.slice(11, 16) ?? '';
  if (departAfter && departs < departAfter) found.push(`departs at ${departs}, before ${departAfter}`);
  if (departBefore && departs > departBefore) found.push(`departs at ${departs}, after ${departBefore}`);
  if (bags !== undefined && offer.checkedBags < bags)
    found.push(`includes ${offer.checkedBags} checked bags`);
  return found;
}

function hasAdvanced({ maxDurationMinutes, airlines, departAfter, departBefore, bags }: Criteria): boolean {
  return Boolean(maxDurationMinutes !== undefined || airlines?.length || departAfter || departBefore || bags);
}

function scoreAll(offers: readonly Offer[]): Map<Offer, number> {
  const price = scale(offers.map((offer) => offer.price.minor));
  const duration = scale(offers.map(durationOf));
  const stops = scale(offers.map(stopsOf));
  return new Map(
    offers.map((offer) => [
      offer,
      WEIGHTS.price * price(offer.price.minor) +
        WEIGHTS.duration * duration(durationOf(offer)) +
        WEIGHTS.stops * stops(stopsOf(offer)),
    ]),
  );
}

/** Maps the smallest value to 0 and the largest to 1; all equal is 0. */
function scale(values: readonly number[]): (value: number) => number {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return (value) => (span === 0 ? 0 : (value - low) / span);
}
