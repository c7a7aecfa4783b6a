import { type AskedFor, notAskedFor } from './asked.ts';
import { chargeProblem } from './chargeable.ts';
import { type FailedFare, leftAloneUntil } from './failed-fares.ts';
import { includedBags } from './fare.ts';
import { documentProblem, type WithDocument } from './identity-documents.ts';
import { type Money, moneyText, withinMandate } from './money.ts';
import { durationOf, type Offer, stopsOf } from './offer.ts';

/** The traveller's requirements. An absent field requires nothing. */
export interface Criteria {
  readonly maxStops?: number | undefined;
  /** Of each slice. */
  readonly maxDurationMinutes?: number | undefined;
  /** IATA codes in order of preference; offers of other airlines do not fit. */
  readonly airlines?: readonly string[] | undefined;
  /** Earliest and latest airport-local departure of the first slice, `HH:MM`. */
  readonly departAfter?: string | undefined;
  readonly departBefore?: string | undefined;
  /** Checked bags per passenger, included in the fare. */
  readonly bags?: number | undefined;
}

/** What a fare is measured by: the traveller's wishes and cap, and what the trip was asked for. */
export interface FareRules {
  readonly asked: AskedFor;
  readonly criteria: Criteria;
  readonly mandate: Money;
  /** Off: trips with more than a price cap and a stop limit find no match, for a wish must not be ignored. */
  readonly advancedFiltering: boolean;
  /** All who fly, for offers that need identity documents; without them such offers do not fit. */
  readonly passengers?: readonly WithDocument[] | undefined;
}

/** What offers are selected by. */
export interface SelectionRules extends FareRules {
  /** Off: the cheapest wins. */
  readonly priceOptimization: boolean;
  /** Fares that failed before, and how long the first failure counts, in ms; none are left alone without it. */
  readonly failed?: { readonly fares: readonly FailedFare[]; readonly firstMs: number };
  readonly now: Date;
}

/** Why one offer was or was not bought. */
export interface Verdict {
  readonly offerId: string;
  readonly price: Money;
  /** Why it does not fit; empty when it does. */
  readonly objections: readonly string[];
  /** 0 is best, 100 worst; null when it does not fit. */
  readonly score: number | null;
}

/** The offer selected, if any, with a verdict on each offer in the order given. */
export interface Selection {
  readonly chosen: Offer | null;
  readonly verdicts: readonly Verdict[];
}

/** Points out of 100. Each measure is first scaled to 0..1 over the fitting offers, so units and currency cancel out. */
const WEIGHTS = { price: 60, duration: 25, stops: 15 } as const;

/** An offer that expires sooner would be gone before the payment is authorized. */
export const MIN_OFFER_LIFE_MS = 60_000;

/** Hard criteria first, then the ranking; ties fall to price, duration, airline preference and at last the offer id. */
export function selectOffer(offers: readonly Offer[], rules: SelectionRules): Selection {
  const objections = new Map(offers.map((offer) => [offer, objectionsNow(offer, rules)]));
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

/**
 * What keeps an offer from being bought that fits in all else.
 * @param offers in the order of the verdicts
 * @param problemOf the objection that is looked for
 */
export function soleObjection(
  verdicts: readonly Verdict[],
  offers: readonly Offer[],
  problemOf: (offer: Offer) => string | null,
): string | null {
  for (const [index, { objections }] of verdicts.entries()) {
    const problem = problemOf(offers[index] as Offer);
    if (problem && objections.length === 1 && objections[0] === problem) return problem;
  }
  return null;
}

/** What stands against an offer at this moment, besides its fare. */
function objectionsNow(offer: Offer, rules: SelectionRules): string[] {
  const { failed, now } = rules;
  const found = objectionsTo(offer, rules);
  if (offer.expiresAt && Date.parse(offer.expiresAt) - now.getTime() < MIN_OFFER_LIFE_MS)
    found.push('expires in under a minute');
  const until = failed && leftAloneUntil(offer, failed.fares, failed.firstMs, now);
  if (until) found.push(`could not be bought before; left alone until ${until.toISOString()}`);
  return found;
}

/** What stands against a fare, whichever offer of it is bought and when; empty when it fits. */
export function objectionsTo(offer: Offer, rules: FareRules): string[] {
  const { asked, criteria, mandate, advancedFiltering, passengers } = rules;
  const { maxStops } = criteria;
  const found: string[] = notAskedFor(offer, asked);
  if (offer.price.currency !== mandate.currency)
    found.push(`priced in ${offer.price.currency}, the cap is in ${mandate.currency}`);
  else if (!withinMandate(offer.price, mandate))
    found.push(`${moneyText(offer.price)} is above the cap of ${moneyText(mandate)}`);
  const uncharged = chargeProblem(offer.price);
  if (uncharged) found.push(uncharged);
  const undocumented = documentProblem(offer, passengers);
  if (undocumented) found.push(undocumented);
  if (maxStops !== undefined && stopsOf(offer) > maxStops) found.push(`has more than ${maxStops} stops`);
  if (!advancedFiltering && hasAdvanced(criteria))
    return [...found, 'advanced criteria are switched off at present'];
  return [...found, ...againstWishes(offer, criteria)];
}

function againstWishes(offer: Offer, criteria: Criteria): string[] {
  const { maxDurationMinutes, airlines, departAfter, departBefore, bags } = criteria;
  const found: string[] = [];
  if (
    maxDurationMinutes !== undefined &&
    offer.slices.some((slice) => slice.durationMinutes > maxDurationMinutes)
  )
    found.push(`takes longer than ${maxDurationMinutes} minutes`);
  if (airlines?.length && !airlines.includes(offer.airline)) found.push(`is on ${offer.airline}`);
  const departs = offer.slices[0]?.segments[0]?.departingAtLocal.slice(11, 16) ?? '';
  if (departAfter && departs < departAfter) found.push(`departs at ${departs}, before ${departAfter}`);
  if (departBefore && departs > departBefore) found.push(`departs at ${departs}, after ${departBefore}`);
  const included = bags ? includedBags(offer) : 0;
  if (included === null) found.push('does not say how many checked bags it includes');
  else if (bags && included < bags) found.push(`includes ${included} checked bags`);
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
