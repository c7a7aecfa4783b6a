import { MAX_PRIORITY } from '../../src/domain/search-schedule.ts';
import type { AuditEntry } from '../../src/ports/storage/audit.ts';
import type { TripCheck, WatchStore } from '../../src/ports/storage/watch.ts';
import type { Tables, TripRow } from './tables.ts';

const SEARCH_LEASE_MS = 45_000;
/** Answers of a search from which the range of its fare is told. */
const FARES = 30;
const DAY_MS = 24 * 3_600_000;

/** Watched trips and their searches in memory. */
export function createMemoryWatch(tables: Tables): WatchStore {
  const watched = (): TripRow[] => [...tables.trips.values()].filter(({ status }) => status === 'PENDING');
  const isDue = ({ nextCheckAt }: TripRow): boolean => nextCheckAt !== null && nextCheckAt <= tables.now();

  /** @returns the trip if it is still watched */
  function note({ tripId, outcome }: TripCheck, nextCheckAt: number): TripRow | undefined {
    const row = tables.trip(tripId);
    if (row.status !== 'PENDING') return undefined;
    return Object.assign(row, { outcome, nextCheckAt });
  }
  function audit(tripId: string, { type, detail, actor }: Pick<AuditEntry, 'type' | 'detail' | 'actor'>) {
    tables.audit({ tripId, attemptId: null, type, detail, actor });
  }

  function tell(trip: TripRow, { notifiedFare }: TripCheck) {
    if (!notifiedFare || (trip.notifiedFare?.version ?? 0) !== (notifiedFare.before?.version ?? 0)) return;
    trip.notifiedFare = notifiedFare.after;
    if (notifiedFare.notification) tables.notify(notifiedFare.notification);
  }

  return {
    searchParamsOf: async (key) => watched().find(({ searchKey }) => searchKey === key)?.searchParams,
    async claimSearch(searchKey, window) {
      const id = `${searchKey}-${window}`;
      const known = tables.searches.get(id);
      const free =
        !known ||
        known.status === 'FAILED' ||
        (known.status === 'RUNNING' && known.leaseUntil < tables.now());
      if (!free) return known.status === 'DONE' ? { state: 'done', id } : { state: 'running' };
      const leaseUntil = tables.now() + SEARCH_LEASE_MS;
      tables.searches.set(id, { id, searchKey, window, status: 'RUNNING', leaseUntil, offers: [] });
      return { state: 'mine', id };
    },
    async saveOffers(searchId, { offers }) {
      const search = tables.searches.get(searchId);
      if (!search) return;
      const byPrice = offers.map(({ offer }) => offer).toSorted((a, b) => a.price.minor - b.price.minor);
      Object.assign(search, { status: 'DONE', offers: byPrice });
    },
    async recordFailure({ id, searchKey }, { outcome, nextCheckAt }) {
      const search = tables.searches.get(id);
      if (search) search.status = 'FAILED';
      for (const trip of watched().filter((one) => one.searchKey === searchKey && isDue(one)))
        Object.assign(trip, { outcome }, nextCheckAt && { nextCheckAt: nextCheckAt.getTime() });
    },
    async releaseSearch(id) {
      const search = tables.searches.get(id);
      if (search) search.status = 'FAILED';
    },
    offersOf: async (id) => [...(tables.searches.get(id)?.offers ?? [])],
    tripsAwaiting: async (key, { afterId, limit }) =>
      watched()
        .filter((trip) => trip.searchKey === key && isDue(trip) && trip.watchUntil > tables.now())
        .filter(({ id }) => afterId === null || id > afterId)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id, userId, autoBook, mandate, criteria, outcome, notifiedFare, correlationId }) => ({
          id,
          userId,
          autoBookEnabled: autoBook,
          mandate,
          criteria,
          outcome,
          notifiedFare,
          correlationId,
        })),
    async recordChecks(checks, nextCheckAt) {
      for (const check of checks) {
        const trip = note(check, nextCheckAt.getTime());
        if (!trip) continue;
        if (check.audit) audit(check.tripId, check.audit);
        for (const notification of check.notifications) tables.notify(notification);
        tell(trip, check);
      }
      tables.afterCommit();
    },
    async startBooking(check, start) {
      // The unique index on live attempts refuses the whole transaction.
      if (tables.liveAttempt(check.tripId)) return false;
      if (!note(check, tables.now())) return false;
      if (check.audit) audit(check.tripId, check.audit);
      tables.startAttempt(start);
      tables.afterCommit();
      return true;
    },
    async dueSearches(limit) {
      const waiting = Map.groupBy(watched().filter(isDue), ({ searchKey }) => searchKey);
      return [...waiting]
        .map(([searchKey, trips]) => ({
          searchKey,
          since: Math.min(...trips.map(({ nextCheckAt }) => nextCheckAt as number)),
          userId: trips.map((trip) => trip.userId).sort()[0] as string,
        }))
        .sort((a, b) => a.since - b.since)
        .slice(0, limit)
        .map(({ searchKey, since, userId }) => {
          const { requestedAt = null, priority = null } = tables.watches.get(searchKey) ?? {};
          return {
            searchKey,
            userId,
            waitedMs: Math.max(0, tables.now() - (requestedAt ?? since)),
            priority: priority ?? MAX_PRIORITY,
          };
        });
    },
    async priorityInputs(key) {
      const caps = watched().flatMap(({ searchKey, mandate }) => (searchKey === key ? mandate.minor : []));
      const fares = [...tables.searches.values()]
        .filter(({ searchKey, offers }) => searchKey === key && offers.length)
        .sort((a, b) => a.window - b.window)
        .map(({ offers }) => Math.min(...offers.map(({ price }) => price.minor)));
      return { topCap: caps.length ? Math.max(...caps) : null, fares: fares.slice(-FARES) };
    },
    async savePriority(searchKey, priority) {
      const requestedAt = tables.watches.get(searchKey)?.requestedAt ?? null;
      tables.watches.set(searchKey, { priority, requestedAt });
    },
    async requestSearches(searchKeys, jobs) {
      for (const searchKey of searchKeys) {
        const priority = tables.watches.get(searchKey)?.priority ?? null;
        tables.watches.set(searchKey, { priority, requestedAt: tables.now() });
      }
      tables.insertJobs(jobs);
      tables.afterCommit();
    },
    async expireDeparted(limit, { outcome, audit: entry }) {
      // A day's grace covers every time zone; `watchUntil` is exact.
      const yesterday = new Date(tables.now() - DAY_MS).toISOString().slice(0, 10);
      const over = watched()
        .filter((trip) => trip.watchUntil <= tables.now() || trip.searchParams.departureDate < yesterday)
        .slice(0, limit);
      for (const trip of over) {
        Object.assign(trip, { status: 'EXPIRED', nextCheckAt: null, outcome });
        audit(trip.id, entry);
      }
      return over.length;
    },
  };
}
