import { AlreadyExists } from '../../src/errors.ts';
import type { NewTrip, Trip, TripStore, TripTransaction, TripUpdate } from '../../src/ports/storage/trips.ts';
import { atomically } from './atomically.ts';
import type { Tables, TripRow } from './tables.ts';
import { requestRelease, wakeAttempt } from './wake-attempt.ts';

/** Trips in memory; one contract suite holds this and the store on Postgres to the same behaviour. */
export function createMemoryTrips(tables: Tables): TripStore {
  let last: Promise<unknown> = Promise.resolve();
  return {
    // One transaction at a time: Postgres has those on one trip wait for each other.
    transaction(userId, work) {
      const result = last.then(() => atomically(tables, () => work(verbs(tables, userId))));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

function verbs(tables: Tables, userId: string): TripTransaction {
  const own = (id: string): TripRow | undefined => {
    const row = tables.trips.get(id);
    return row?.userId === userId ? row : undefined;
  };
  const find = async (id: string): Promise<Trip | undefined> => {
    const row = own(id);
    return row && toTrip(row);
  };
  return {
    find,
    lock: find,
    async insert(trip) {
      if (tables.trips.has(trip.id)) throw new AlreadyExists('trip');
      const now = tables.now();
      const row: TripRow = {
        ...columnsOf(trip),
        id: trip.id,
        userId: trip.userId,
        status: 'PENDING',
        selectedOfferId: null,
        notifiedFare: null,
        watchUntil: trip.watchUntil.getTime(),
        customerId: `cus_${trip.userId}`,
        correlationId: trip.correlationId,
        createdAt: now,
        updatedAt: now,
      };
      tables.trips.set(trip.id, row);
      return toTrip(row);
    },
    async update(id, update) {
      const row = own(id);
      if (!row) throw new Error('no such trip');
      const { watchUntil, isNewSearch } = update;
      return toTrip(
        Object.assign(row, columnsOf(update), {
          status: 'PENDING',
          watchUntil: watchUntil.getTime(),
          ...(isNewSearch && { notifiedFare: null }),
          updatedAt: tables.now(),
        }),
      );
    },
    async move(id, { from, to, nextCheckAt, ...set }) {
      if (!own(id)) return false;
      const next = nextCheckAt !== undefined && { nextCheckAt: nextCheckAt?.getTime() ?? null };
      return tables.moveTrip(id, from, to, { ...set, ...next, updatedAt: tables.now() });
    },
    travelers: async (ids) =>
      ids.flatMap((id) => {
        const traveler = tables.travelers.get(id);
        return traveler?.userId === userId ? [{ id, pii: traveler.pii, dataKey: traveler.dataKey }] : [];
      }),
    async findPaymentMethod(named) {
      for (const [id, card] of tables.cards)
        if (card.userId === userId && (id === named || card.paymentMethodId === named)) return id;
      return undefined;
    },
    tripsOf: async (travelerIds, { from, to }) =>
      [...tables.trips.values()]
        .filter((trip) => trip.userId === userId && ['PENDING', 'BOOKING', 'BOOKED'].includes(trip.status))
        .filter((trip) => trip.travelerIds.some((id) => travelerIds.includes(id)))
        .map(toTrip)
        .filter((trip) => trip.departureDate <= to && (trip.returnDate ?? trip.departureDate) >= from)
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
        .map(({ id, origin, destination, departureDate, returnDate, travelerIds: flying }) => ({
          id,
          origin,
          destination,
          departureDate,
          returnDate,
          travelerIds: flying,
        })),
    async findOffer(offerId) {
      const keys = new Set(
        [...tables.trips.values()].filter((trip) => trip.userId === userId).map(({ searchKey }) => searchKey),
      );
      for (const { searchKey, offers } of tables.searches.values()) {
        const offer = keys.has(searchKey) && offers.find((one) => one.offerId === offerId);
        if (offer) return { offer, searchKey, tripId: null };
      }
      return undefined;
    },
    async unconfirmedOrderAt(tripId, code, withinMs) {
      const ends = tables
        .attemptsOf(tripId)
        .filter(({ errorCode, order }) => errorCode === code && order === null)
        // An attempt that is over is written no more.
        .map(({ updatedAt }) => updatedAt)
        .filter((at) => at > tables.now() - withinMs);
      return ends.length ? new Date(Math.max(...ends)) : undefined;
    },
    async lockLiveAttempt(tripId) {
      const attempt = tables.liveAttempt(tripId);
      if (!attempt) return undefined;
      const { id, number, status, step, paymentIntentId, deadline } = attempt;
      const orderOutcome = tables.step(id, 'order')?.outcome;
      return { id, number, status, step, paymentIntentId, deadline, orderOutcome };
    },
    async compensateAttempt(attemptId, compensation) {
      const row = tables.attempts.get(attemptId);
      if (!row) throw new Error('no such attempt');
      const epoch = row.epoch + 1;
      Object.assign(row, {
        epoch,
        step: 'void',
        compensation,
        leaseUntil: null,
        resumeAt: null,
        updatedAt: tables.now(),
      });
      return epoch;
    },
    requestRelease: async (attemptId) => requestRelease(tables, attemptId),
    async wake(attemptId) {
      wakeAttempt(tables, attemptId, {});
      return tables.attempts.get(attemptId)?.epoch ?? 0;
    },
    async startAttempt(start) {
      if (own(start.tripId)?.status !== 'PENDING') return undefined;
      if (tables.liveAttempt(start.tripId)) throw new AlreadyExists('live_attempt');
      return tables.startAttempt(start);
    },
    async audit(...entries) {
      for (const { tripId, attemptId = null, type, detail, actor } of entries)
        if (tripId) tables.audit({ tripId, attemptId, type, detail, actor });
    },
    async enqueue(...jobs) {
      tables.insertJobs(jobs);
    },
  };
}

/** The columns that a new trip and a change have in common. */
function columnsOf(trip: NewTrip | TripUpdate) {
  return {
    outcome: trip.outcome,
    searchKey: trip.searchKey,
    searchParams: trip.searchParams,
    criteria: trip.criteria,
    mandate: { minor: trip.maxPriceMinor, currency: trip.currency },
    autoBook: trip.autoBookEnabled,
    nextCheckAt: trip.nextCheckAt?.getTime() ?? null,
    paymentMethodId: trip.paymentMethodId,
    travelerIds: trip.travelerIds,
    consent: trip.consent === null ? null : JSON.parse(trip.consent),
  };
}

/** The best price and the time of the last check are not stored in memory: nothing that runs there reads them. */
export function toTrip(row: TripRow): Trip {
  const { origin, destination, departureDate, returnDate, cabin } = row.searchParams;
  return {
    id: row.id,
    userId: row.userId,
    autoBookEnabled: row.autoBook,
    autoBookStatus: row.status,
    outcome: row.outcome,
    correlationId: row.correlationId,
    origin,
    destination,
    departureDate,
    returnDate,
    cabin,
    criteria: row.criteria,
    travelerIds: row.travelerIds,
    maxPriceMinor: row.mandate.minor,
    currency: row.mandate.currency,
    paymentMethodId: row.paymentMethodId,
    consent: row.consent,
    selectedOfferId: row.selectedOfferId,
    searchKey: row.searchKey,
    bestPriceMinor: null,
    bestPriceCurrency: null,
    lastCheckedAt: null,
    nextCheckAt: row.nextCheckAt === null ? null : new Date(row.nextCheckAt),
    watchUntil: new Date(row.watchUntil),
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  };
}
