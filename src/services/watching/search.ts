import { lookAgain, volatilityOf, worth } from '../../domain/cadence.ts';
import { recordDecision } from '../../domain/decision.ts';
import { formatMoney, type Money, moneyText } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { freshnessWindow, type SearchParams } from '../../domain/search.ts';
import { type Selection, selectOffer } from '../../domain/selection.ts';
import type { Outcome } from '../../domain/trip.ts';
import { codeOf, Permanent } from '../../errors.ts';
import type { Decision, WaitingTrip, WatchPorts } from './ports.ts';
import { selectionRules } from './selection-rules.ts';

/** Trips told of one search per transaction. */
const FAN_OUT_BATCH = 500;
/** How soon to look again when another worker is asking the provider. */
const RUNNING_ELSEWHERE_MS = 300;

export type SearchOutcome =
  | { kind: 'done'; trips: number; booked: number }
  | { kind: 'later'; ms: number }
  /** Nothing may be asked of the provider for so long, by anybody. */
  | { kind: 'quota_spent'; ms: number }
  | { kind: 'nobody' };

/**
 * Asks the provider once per key and freshness window, and tells every due trip that wants the answer: it is booked,
 * or it learns what came of looking.
 * @param options.lastTry no further try follows: the trips wait for their next turn
 * @throws what the provider throws, for the queue to try again
 */
export async function searchAndTell(
  ports: WatchPorts,
  key: string,
  options: { lastTry: boolean },
): Promise<SearchOutcome> {
  const { watch, cadence, clock } = ports;
  const params = await watch.wanted(key);
  if (!params) return { kind: 'nobody' };
  const claim = await watch.claimSearch(key, freshnessWindow(clock.now(), cadence.freshnessMs));
  if (claim.state === 'running') return { kind: 'later', ms: RUNNING_ELSEWHERE_MS };
  if (claim.state === 'done') return tellTrips(ports, key, params, await watch.offersOf(claim.id));
  const turn = await ports.quota.take();
  if (turn.waitMs > 0) {
    await watch.giveBack(claim.id);
    return { kind: 'quota_spent', ms: turn.waitMs };
  }
  const search = { id: claim.id, searchKey: key };
  const offers = await askProvider(ports, params, search, options).finally(turn.done);
  return tellTrips(ports, key, params, offers);
}

const FAILED: Outcome = {
  code: 'search_failed',
  message: 'The airlines could not be asked just now. We try again soon.',
};

/** One provider call, kept whole; that it failed is kept too, and the search may be claimed again. */
async function askProvider(
  { watch, flights, clock, cadence }: WatchPorts,
  params: SearchParams,
  search: { id: string; searchKey: string },
  { lastTry }: { lastTry: boolean },
): Promise<Offer[]> {
  try {
    const result = await flights.search(params);
    await watch.keepOffers(search, result);
    return result.offers.map(({ offer }) => offer);
  } catch (error) {
    // The traveller reads the truth meanwhile; only when the queue has given up does the trip wait for its next turn.
    const overForNow = lastTry || error instanceof Permanent;
    const nextCheckAt = overForNow ? new Date(clock.now().getTime() + cadence.watchIntervalMs) : undefined;
    await watch.noteFailure(search, { code: codeOf(error), outcome: FAILED, nextCheckAt });
    throw error;
  }
}

async function tellTrips(
  ports: WatchPorts,
  key: string,
  params: SearchParams,
  offers: readonly Offer[],
): Promise<SearchOutcome> {
  const { watch, flags, clock } = ports;
  const rules = await selectionRules(flags);
  const nextCheckAt = await nextLook(ports, key, params, offers);
  const count = { trips: 0, booked: 0 };
  for (let afterId: string | null = null; ; ) {
    const trips: WaitingTrip[] = await watch.awaiting(key, { limit: FAN_OUT_BATCH, afterId });
    if (trips.length === 0) return { kind: 'done', ...count };
    const decisions = await Promise.all(trips.map((trip) => decide(ports, trip, offers, rules)));
    count.trips += trips.length;
    const watched = decisions.filter(({ buy }) => !buy);
    if (watched.length) await watch.note(watched, nextCheckAt);
    for (const some of inGroups(decisions.filter(({ buy }) => buy))) {
      const begun = await Promise.all(some.map((one) => watch.begin(one, one.buy as Offer, clock.now())));
      count.booked += begun.filter(Boolean).length;
    }
    afterId = trips.at(-1)?.id ?? null;
  }
}

/** One moment for all trips of a search, so that they go on sharing it. */
async function nextLook(
  { watch, clock, cadence }: WatchPorts,
  key: string,
  { departureDate }: SearchParams,
  offers: readonly Offer[],
): Promise<Date> {
  const now = clock.now();
  const cheapest = offers.length ? Math.min(...offers.map(({ price }) => price.minor)) : null;
  const { topCap, fares } = await watch.prospect(key);
  const gap = cheapest !== null && topCap ? cheapest / topCap - 1 : null;
  await watch.noteWorth(key, worth({ departureDate, gap, volatility: volatilityOf(fares) }, now));
  return lookAgain(now, cadence.watchIntervalMs, key + now.getTime());
}

/** Bookings begun side by side by one search: each is a transaction, and the rest of the worker needs connections too. */
const SIDE_BY_SIDE = 6;
const inGroups = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / SIDE_BY_SIDE) }, (_, at) =>
    all.slice(at * SIDE_BY_SIDE, (at + 1) * SIDE_BY_SIDE),
  );

async function decide(
  { flags, clock }: WatchPorts,
  trip: WaitingTrip,
  offers: readonly Offer[],
  rules: { advancedFiltering: boolean; priceOptimization: boolean },
): Promise<Decision> {
  const { criteria, mandate } = trip;
  const selection = selectOffer(offers, { criteria, mandate, ...rules, now: clock.now() });
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  const best = selection.chosen?.price ?? cheapest?.price ?? null;
  const stop = selection.chosen && trip.autoBookEnabled ? await flags.bookingStop(trip.userId) : null;
  const outcome = stop
    ? { code: 'paused', message: `An offer fits, but: ${stop.message} We keep watching.` }
    : explain(selection, offers, mandate);
  const record = recordDecision(selection, offers, { criteria, mandate, ...rules });
  return {
    trip,
    outcome,
    best,
    selection,
    record,
    buy: trip.autoBookEnabled && !stop ? selection.chosen : null,
  };
}

function explain({ chosen }: Selection, offers: readonly Offer[], mandate: Money): Outcome {
  const cap = moneyText(mandate);
  if (chosen)
    return { code: 'fits', message: `An offer fits: ${moneyText(chosen.price)} with ${chosen.airlineName}.` };
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  if (!cheapest)
    return {
      code: 'no_offers',
      message: 'No airline offers this route on these dates at present. We keep watching.',
    };
  const price = moneyText(cheapest.price);
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

/** What a look at the offers says in the trip's timeline. */
export function searchCompleted({ outcome, best, selection, record }: Decision) {
  const fitting = selection.verdicts.filter((verdict) => verdict.objections.length === 0).length;
  return {
    type: 'search.completed',
    detail: {
      outcome: outcome.code,
      offers: selection.verdicts.length,
      fitting,
      ...(best && { bestPrice: formatMoney(best) }),
    },
    evidence: record,
  };
}
