import { moneyText } from '../../src/domain/money.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { ATTEMPT_DEADLINE_MS } from '../../src/services/booking/begin.ts';
import type { Decision, WatchStore } from '../../src/services/watching/ports.ts';
import { searchCompleted } from '../../src/services/watching/search.ts';
import type { Tables, TripRow } from './tables.ts';

const SEARCH_LEASE_MS = 45_000;

/** Watched trips and their searches in memory. */
export function createMemoryWatch(tables: Tables): WatchStore {
  const watched = (): TripRow[] => [...tables.trips.values()].filter(({ status }) => status === 'PENDING');
  const isDue = ({ nextCheckAt, watchUntil }: TripRow): boolean =>
    nextCheckAt !== null && nextCheckAt <= tables.now() && watchUntil > tables.now();

  function note({ trip, outcome }: Decision, nextCheckAt: Date): TripRow | undefined {
    const row = tables.trip(trip.id);
    if (row.status !== 'PENDING') return undefined;
    Object.assign(row, { outcome, nextCheckAt: nextCheckAt.getTime() });
    return row;
  }

  return {
    wanted: async (key) => watched().find(({ searchKey }) => searchKey === key)?.searchParams,
    async claimSearch(searchKey, window) {
      const key = `${searchKey}-${window}`;
      const known = tables.searches.get(key);
      const free =
        !known ||
        known.status === 'FAILED' ||
        (known.status === 'RUNNING' && known.leaseUntil < tables.now());
      if (!free) return known.status === 'DONE' ? { state: 'done', id: key } : { state: 'running' };
      const leaseUntil = tables.now() + SEARCH_LEASE_MS;
      tables.searches.set(key, { id: key, status: 'RUNNING', leaseUntil, offers: [] });
      return { state: 'mine', id: key };
    },
    async keepOffers({ id }, { offers }) {
      const search = tables.searches.get(id);
      if (search) Object.assign(search, { status: 'DONE', offers: offers.map(({ offer }) => offer) });
    },
    async noteFailure({ id, searchKey }, { outcome, nextCheckAt }) {
      const search = tables.searches.get(id);
      if (search) search.status = 'FAILED';
      for (const trip of watched().filter((one) => one.searchKey === searchKey && isDue(one)))
        Object.assign(trip, { outcome }, nextCheckAt && { nextCheckAt: nextCheckAt.getTime() });
    },
    offersOf: async (id) => [...(tables.searches.get(id)?.offers ?? [])],
    awaiting: async (key, { afterId, limit }) =>
      watched()
        .filter((trip) => trip.searchKey === key && isDue(trip) && (afterId === null || trip.id > afterId))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ id, userId, autoBook, mandate, criteria, outcome, correlationId }) => ({
          id,
          userId,
          autoBookEnabled: autoBook,
          mandate,
          criteria,
          outcome,
          correlationId,
        })),
    async note(decisions, nextCheckAt) {
      for (const decision of decisions) {
        const news = tables.trip(decision.trip.id).outcome.message !== decision.outcome.message;
        const trip = note(decision, nextCheckAt);
        if (trip && news)
          tables.audit({ tripId: trip.id, attemptId: null, actor: 'worker', ...searchCompleted(decision) });
      }
      tables.afterCommit();
    },
    async begin(decision, offer, now) {
      // The unique index on live attempts refuses the whole transaction.
      if (tables.liveAttempt(decision.trip.id)) return false;
      const trip = note(decision, now);
      if (!trip) return false;
      tables.audit({ tripId: trip.id, attemptId: null, actor: 'worker', ...searchCompleted(decision) });
      begin(tables, trip, offer, now);
      tables.afterCommit();
      return true;
    },
    async due(limit) {
      const due = watched().filter(isDue);
      const keys = [...new Set(due.map(({ searchKey }) => searchKey))];
      return keys.slice(0, limit).map((searchKey) => {
        const [first] = due.filter((trip) => trip.searchKey === searchKey);
        return {
          searchKey,
          userId: first?.userId ?? '',
          waitedMs: tables.now() - (first?.nextCheckAt ?? 0),
          worth: 1,
        };
      });
    },
    noteWorth: async () => undefined,
    async prospect(key) {
      const caps = watched().flatMap(({ searchKey, mandate }) => (searchKey === key ? mandate.minor : []));
      const fares = [...tables.searches.values()]
        .filter(({ id, offers }) => id.startsWith(`${key}-`) && offers.length)
        .map(({ offers }) => Math.min(...offers.map(({ price }) => price.minor)));
      return { topCap: caps.length ? Math.max(...caps) : null, fares: fares.slice(-30) };
    },
    async giveBack(id) {
      const search = tables.searches.get(id);
      if (search) search.status = 'FAILED';
    },
    async askFor(searchKeys, window) {
      for (const searchKey of searchKeys) tables.enqueue('search', { searchKey, window });
      tables.afterCommit();
    },
    async expireDeparted(limit) {
      const over = watched()
        .filter(({ watchUntil }) => watchUntil <= tables.now())
        .slice(0, limit);
      for (const trip of over) {
        Object.assign(trip, {
          status: 'EXPIRED',
          nextCheckAt: null,
          outcome: { code: 'expired', message: '' },
        });
        tables.audit({ tripId: trip.id, attemptId: null, type: 'trip.expired', actor: 'worker' });
      }
      return over.length;
    },
  };
}

/** As beginBooking: the trip's move, its attempt and the job commit together. */
function begin(tables: Tables, trip: TripRow, offer: Offer, now: Date): void {
  const outcome = { code: 'booking', message: 'An offer fits. We are buying it now.' };
  tables.moveTrip(trip.id, ['PENDING'], 'BOOKING', {
    outcome,
    selectedOfferId: offer.offerId,
    nextCheckAt: null,
  });
  const number = tables.attemptsOf(trip.id).length + 1;
  const id = tables.newId();
  tables.attempts.set(id, {
    id,
    tripId: trip.id,
    userId: trip.userId,
    number,
    status: 'PENDING',
    step: 'reprice',
    epoch: 0,
    deadline: new Date(now.getTime() + ATTEMPT_DEADLINE_MS),
    wantedItinerary: null,
    offer: null,
    paymentIntentId: null,
    captureBefore: null,
    order: null,
    unwind: null,
    correlationId: trip.correlationId,
    leaseUntil: null,
    startedAt: tables.now(),
    updatedAt: tables.now(),
    errorCode: null,
  });
  const detail = { number, by: 'watch', offerId: offer.offerId, price: moneyText(offer.price) };
  tables.audit({ tripId: trip.id, attemptId: id, type: 'booking.started', detail, actor: 'worker' });
  tables.enqueue('book', { attemptId: id, tripId: trip.id, number });
}
