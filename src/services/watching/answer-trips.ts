import type { Offer } from '../../domain/offer.ts';
import type { SearchParams } from '../../domain/search.ts';
import { nextSearchAt, searchPriority, volatilityOf } from '../../domain/search-schedule.ts';
import type { WaitingTrip } from '../../ports/storage/watch.ts';
import { type Decision, decide } from './decide.ts';
import { withinLimits } from './limits.ts';
import type { WatchPorts } from './ports.ts';
import { attemptOf, checkOf } from './record.ts';
import { selectionRules } from './selection-rules.ts';

/** Trips answered per transaction. */
const BATCH = 500;
/** Bookings started side by side by one search: each is a transaction, and the rest of the worker needs connections too. */
const SIDE_BY_SIDE = 6;

/**
 * Decides for every due trip that wants this search: it is booked, or the check is recorded.
 * @returns how many trips were answered, and how many attempts were started
 */
export async function answerTrips(
  ports: WatchPorts,
  searchKey: string,
  params: SearchParams,
  offers: readonly Offer[],
): Promise<{ trips: number; booked: number }> {
  const { watch } = ports;
  const rules = { ...(await selectionRules(ports.flags)), asked: params };
  const nextCheckAt = await scheduleNextSearch(ports, searchKey, params, offers);
  const count = { trips: 0, booked: 0 };
  for (let afterId: string | null = null; ; ) {
    const trips: WaitingTrip[] = await watch.tripsAwaiting(searchKey, { limit: BATCH, afterId });
    if (trips.length === 0) return count;
    const failed = await ports.history.failedFares(trips.map(({ id }) => id));
    const decided = await Promise.all(
      trips.map((trip) => decide(ports, trip, offers, rules, failed.get(trip.id) ?? [])),
    );
    const decisions = await withinLimits(ports, decided);
    count.trips += trips.length;
    const watchedOn = decisions.filter(({ buy }) => !buy);
    if (watchedOn.length) {
      const now = ports.clock.now();
      await watch.recordChecks(
        watchedOn.map((decision) => checkOf(decision, { searchKey, now })),
        nextCheckAt,
      );
      ports.afterCommit();
    }
    const toBook = decisions.filter(({ buy }) => buy);
    for (let at = 0; at < toBook.length; at += SIDE_BY_SIDE) {
      const group = toBook.slice(at, at + SIDE_BY_SIDE);
      const started = await Promise.all(group.map((one) => startBooking(ports, one, one.buy as Offer)));
      count.booked += started.filter(Boolean).length;
    }
    afterId = trips.at(-1)?.id ?? null;
  }
}

async function startBooking(ports: WatchPorts, decision: Decision, offer: Offer): Promise<boolean> {
  const { watch, flags, clock } = ports;
  const now = clock.now();
  const snapshot = await flags.snapshot(decision.trip.userId);
  const { check, start } = attemptOf(decision, offer, { now, flags: snapshot });
  const started = await watch.startBooking(check, start);
  ports.afterCommit();
  return started;
}

/** Records the search's priority. @returns one time for all trips of the search, so that they keep sharing it */
async function scheduleNextSearch(
  { watch, clock, schedule }: WatchPorts,
  searchKey: string,
  { departureDate }: SearchParams,
  offers: readonly Offer[],
): Promise<Date> {
  const now = clock.now();
  const cheapest = offers.length ? Math.min(...offers.map(({ price }) => price.minor)) : null;
  const { topCap, fares } = await watch.priorityInputs(searchKey);
  const gap = cheapest !== null && topCap ? cheapest / topCap - 1 : null;
  const priority = searchPriority({ departureDate, gap, volatility: volatilityOf(fares) }, now);
  await watch.savePriority(searchKey, priority);
  return nextSearchAt(now, schedule.watchIntervalMs, searchKey + now.getTime());
}
