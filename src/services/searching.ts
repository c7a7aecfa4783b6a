import { type AuditEntry, audit } from '../db/audits.ts';
import { claimSearch, completeSearch, failSearch, offersOf } from '../db/searches.ts';
import { noteChecks, noteFailure, tripsAwaiting } from '../db/trips.ts';
import { formatMoney, type Money, moneyText } from '../domain/money.ts';
import type { Offer } from '../domain/offer.ts';
import { freshnessWindow, type SearchParams } from '../domain/search.ts';
import { type Selection, selectOffer } from '../domain/selection.ts';
import type { Outcome } from '../domain/trip.ts';
import { codeOf, Permanent } from '../errors.ts';
import type { Flags } from '../flags/flags.ts';
import type { FlightProvider } from '../providers/duffel/index.ts';
import { beginBooking } from './booking/begin.ts';
import type { Cadence, Logging, Storage } from './deps.ts';
import { notifyLater } from './notify-later.ts';
import { selectionRules } from './selection-rules.ts';

export interface SearchDeps extends Storage, Logging {
  readonly flights: Pick<FlightProvider, 'search'>;
  readonly flags: Flags;
  readonly cadence: Cadence;
}

/** Trips told of one search per transaction. */
const FAN_OUT_BATCH = 500;
/** How soon to look again when another worker is asking the provider. */
const RUNNING_ELSEWHERE_MS = 300;

export type SearchOutcome =
  | { kind: 'done'; trips: number; booked: number }
  | { kind: 'later'; ms: number }
  | { kind: 'nobody' };

/**
 * Asks the provider once per key and freshness window, and tells every due trip that wants the answer: it is booked,
 * or it learns what came of looking.
 * @param options.lastTry no further try follows: the trips wait for their next turn
 * @throws what the provider throws, for the queue to try again
 */
export async function searchAndTell(
  deps: SearchDeps,
  key: string,
  options: { lastTry: boolean },
): Promise<SearchOutcome> {
  const params = await paramsOf(deps, key);
  if (!params) return { kind: 'nobody' };
  const claim = await claimSearch(deps.db, key, freshnessWindow(new Date(), deps.cadence.freshnessMs));
  if (claim.state === 'running') return { kind: 'later', ms: RUNNING_ELSEWHERE_MS };
  if (claim.state === 'done') return tellTrips(deps, key, await offersOf(deps.db, claim.id));
  const offers = await askProvider(deps, params, { id: claim.id, key }, options);
  return tellTrips(deps, key, offers);
}

/** One provider call, kept whole; that it failed is kept too, and the search may be claimed again. */
async function askProvider(
  deps: SearchDeps,
  params: SearchParams,
  { id, key }: { id: string; key: string },
  { lastTry }: { lastTry: boolean },
): Promise<Offer[]> {
  try {
    const result = await deps.flights.search(params, 'watch');
    await deps.db
      .transaction()
      .execute((trx) => completeSearch(trx, { id, searchKey: key, tripId: null }, result));
    return result.offers.map(({ offer }) => offer);
  } catch (error) {
    await failSearch(deps.db, id, codeOf(error));
    await tellFailure(deps, key, { overForNow: lastTry || error instanceof Permanent });
    throw error;
  }
}

async function paramsOf({ db }: Storage, key: string): Promise<SearchParams | undefined> {
  const trip = await db
    .selectFrom('tripRequests')
    .select('searchParams')
    .where('searchKey', '=', key)
    .where('autoBookStatus', '=', 'PENDING')
    .limit(1)
    .executeTakeFirst();
  return trip?.searchParams;
}

type WaitingTrip = Awaited<ReturnType<typeof tripsAwaiting>>[number];

async function tellTrips(deps: SearchDeps, key: string, offers: readonly Offer[]): Promise<SearchOutcome> {
  const rules = await selectionRules(deps.flags);
  const count = { trips: 0, booked: 0 };
  for (let afterId: string | null = null; ; ) {
    const trips: WaitingTrip[] = await tripsAwaiting(deps.db, key, { limit: FAN_OUT_BATCH, afterId });
    if (trips.length === 0) return { kind: 'done', ...count };
    const decisions = await Promise.all(trips.map((trip) => decide(deps, trip, offers, rules)));
    count.trips += trips.length;
    count.booked += await write(deps, decisions);
    afterId = trips.at(-1)?.id ?? null;
  }
}

interface Decision {
  readonly trip: WaitingTrip;
  readonly outcome: Outcome;
  readonly best: Money | null;
  readonly buy: Offer | null;
  readonly selection: Selection;
}

async function decide(
  deps: SearchDeps,
  trip: WaitingTrip,
  offers: readonly Offer[],
  rules: { advancedFiltering: boolean; priceOptimization: boolean },
): Promise<Decision> {
  const mandate = { minor: trip.maxPriceMinor, currency: trip.currency };
  const selection = selectOffer(offers, { criteria: trip.criteria, mandate, ...rules, now: new Date() });
  const [cheapest] = offers.toSorted((a, b) => a.price.minor - b.price.minor);
  const best = selection.chosen?.price ?? cheapest?.price ?? null;
  const stop = selection.chosen && trip.autoBookEnabled ? await deps.flags.bookingStop(trip.userId) : null;
  const outcome = stop
    ? { code: 'paused', message: `An offer fits, but: ${stop.message} We keep watching.` }
    : explain(selection, offers, mandate);
  return { trip, outcome, best, selection, buy: trip.autoBookEnabled && !stop ? selection.chosen : null };
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

/** Books what is to be booked, each in a transaction of its own; notes the rest in one. @returns bookings begun */
async function write(deps: SearchDeps, decisions: readonly Decision[]): Promise<number> {
  const nextCheckAt = new Date(Date.now() + deps.cadence.watchIntervalMs);
  const watched = decisions.filter((decision) => !decision.buy);
  await deps.db.transaction().execute(async (trx) => {
    const noted = await noteChecks(
      trx,
      watched.map(({ trip, outcome, best }) => ({ id: trip.id, outcome, bestPrice: best })),
      nextCheckAt,
    );
    const still = watched.filter(({ trip }) => noted.has(trip.id));
    const news = still.filter(({ trip, outcome }) => trip.outcome.message !== outcome.message);
    await audit(trx, ...news.map(searchCompleted));
    for (const { trip, outcome, best } of still)
      if (outcome.code === 'fits' && best)
        await notifyLater(trx, {
          userId: trip.userId,
          tripId: trip.id,
          kind: 'price_change',
          dedupeKey: `price_fits:${trip.id}:${best.minor}`,
          data: { ...outcome },
          correlationId: trip.correlationId,
        });
  });
  let begun = 0;
  for (const decision of decisions)
    if (decision.buy && (await beginFor(deps, decision, decision.buy))) begun += 1;
  deps.afterCommit();
  return begun;
}

async function beginFor(deps: SearchDeps, decision: Decision, offer: Offer): Promise<boolean> {
  const { trip, best } = decision;
  const flags = await deps.flags.snapshot(trip.userId);
  const attempt = await deps.db.transaction().execute(async (trx) => {
    const noted = await noteChecks(
      trx,
      [{ id: trip.id, outcome: decision.outcome, bestPrice: best }],
      new Date(),
    );
    // Another search of the same trip was faster, or the traveller changed their mind.
    if (noted.size === 0) return undefined;
    await audit(trx, { ...searchCompleted(decision), flags });
    return beginBooking(trx, {
      tripId: trip.id,
      userId: trip.userId,
      correlationId: trip.correlationId,
      wantedItinerary: null,
      selectedOfferId: offer.offerId,
      actor: 'worker',
      flags,
      detail: { by: 'watch', offerId: offer.offerId, price: moneyText(offer.price) },
    });
  });
  return attempt !== undefined;
}

function searchCompleted({ trip, outcome, best, selection }: Decision): AuditEntry {
  const fitting = selection.verdicts.filter((verdict) => verdict.objections.length === 0).length;
  return {
    userId: trip.userId,
    tripId: trip.id,
    type: 'search.completed',
    detail: {
      outcome: outcome.code,
      offers: selection.verdicts.length,
      fitting,
      ...(best && { bestPrice: formatMoney(best) }),
    },
    actor: 'worker',
    correlationId: trip.correlationId,
  };
}

/** The traveller reads the truth meanwhile; only when the queue has given up does the trip wait for its next turn. */
async function tellFailure(
  deps: SearchDeps,
  key: string,
  { overForNow }: { overForNow: boolean },
): Promise<void> {
  const outcome = {
    code: 'search_failed',
    message: 'The airlines could not be asked just now. We try again soon.',
  };
  const nextCheckAt = overForNow ? new Date(Date.now() + deps.cadence.watchIntervalMs) : undefined;
  await noteFailure(deps.db, key, outcome, nextCheckAt);
}
