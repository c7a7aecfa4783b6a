import { randomUUID } from 'node:crypto';
import { Tables } from '../../sim/memory/tables.ts';
import { createMemoryTrips } from '../../sim/memory/trips.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createTripStore } from '../../src/db/stores/trips.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { TripStatus } from '../../src/domain/trip.ts';
import type { TripStore } from '../../src/ports/storage/trips.ts';
import { createDatabase } from './database.ts';

/** The trip store of one storage, with what its contract suite needs to set the scene and to see what was stored. */
export interface TripStorage {
  readonly trips: TripStore;
  /** Users, each with a traveller and a card. */
  addUser(userId: string, ids: { travelerId: string; cardId: string; providerCardId: string }): Promise<void>;
  /** A search of this key that found one offer. */
  addSearch(searchKey: string, offer: Offer): Promise<void>;
  /** As whoever else writes trips. */
  setStatus(tripId: string, status: TripStatus): Promise<void>;
  addOrderIntent(attemptId: string, outcome: string | null): Promise<void>;
  /** The attempt ended with an order that nobody found. */
  endUnconfirmed(attemptId: string, agoMs: number): Promise<void>;
  claim(attemptId: string): Promise<void>;
  attempt(
    id: string,
  ): Promise<{ status: string; step: string; epoch: number; leased: boolean; unwind: unknown }>;
  auditTypes(tripId: string): Promise<string[]>;
  /** Ids of the jobs in the outbox that name the trip. */
  jobIds(tripId: string): Promise<string[]>;
  close(): Promise<void>;
}

/** The storages that the contract suite of trips runs against, so that they can't drift apart. */
export const TRIP_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

/** What a traveller may change of a trip besides who flies and when. */
export const CHANGED = {
  autoBookEnabled: false,
  maxPriceMinor: 50_000,
  currency: 'EUR',
  criteria: {},
  paymentMethodId: null,
};

/** An offer as a search finds it. */
export const FOUND_OFFER: Offer = {
  provider: 'duffel',
  offerId: 'off_of_own_search',
  price: { minor: 40_000, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [],
  passengers: [],
  checkedBags: 0,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
};

async function onPostgres(): Promise<TripStorage> {
  const database = await createDatabase();
  const { db, close } = openDatabase(database.url, 'parker_api', { max: 4 });
  const { query } = database;
  return {
    trips: createTripStore({ db }),
    async addUser(userId, { travelerId, cardId, providerCardId }) {
      await query(`insert into users (user_id, data_key) values ($1, 'key')`, [userId]);
      await query(`insert into travelers (id, user_id, pii) values ($1, $2, 'pii')`, [travelerId, userId]);
      await query(
        `insert into payment_methods (id, user_id, stripe_payment_method_id, brand, last4, exp_month, exp_year)
         values ($1, $2, $3, 'visa', '4242', 1, 2050)`,
        [cardId, userId, providerCardId],
      );
    },
    async addSearch(searchKey, offer) {
      await query(
        `with s as (insert into searches (search_key, freshness_window, status) values ($1, 1, 'DONE') returning id)
         insert into flight_offers (search_id, search_key, provider, offer_id, price_minor, currency, summary)
         select id, $1, 'duffel', $2, 1, 'GBP', $3 from s`,
        [searchKey, offer.offerId, JSON.stringify(offer)],
      );
    },
    async setStatus(tripId, status) {
      await query('update trip_requests set auto_book_status = $2 where id = $1', [tripId, status]);
    },
    async addOrderIntent(attemptId, outcome) {
      await query(
        `insert into booking_steps (attempt_id, user_id, step, key, epoch, request, outcome)
         select id, user_id, 'order', id || ':order', 1, '{}', $2 from booking_attempts where id = $1
         on conflict (attempt_id, step) do update set outcome = excluded.outcome`,
        [attemptId, outcome],
      );
    },
    async endUnconfirmed(attemptId, agoMs) {
      await query(
        `update booking_attempts set status = 'FAILED', error_code = 'order_unconfirmed',
         finished_at = now() - $2 * interval '1 millisecond' where id = $1`,
        [attemptId, agoMs],
      );
    },
    async claim(attemptId) {
      await query(
        `update booking_attempts set epoch = epoch + 1, step = 'authorize', lease_until = now() + interval '20 seconds' where id = $1`,
        [attemptId],
      );
    },
    async attempt(id) {
      const [row] = await query<Awaited<ReturnType<TripStorage['attempt']>>>(
        `select status, step, epoch, lease_until is not null as leased, unwind from booking_attempts where id = $1`,
        [id],
      );
      return row as NonNullable<typeof row>;
    },
    async auditTypes(tripId) {
      const rows = await query<{ type: string }>(
        'select type from booking_audits where trip_id = $1 order by id',
        [tripId],
      );
      return rows.map(({ type }) => type);
    },
    async jobIds(tripId) {
      const rows = await query<{ id: string }>(
        `select job_id as id from outbox where payload->>'tripId' = $1 order by outbox.id`,
        [tripId],
      );
      return rows.map(({ id }) => id);
    },
    async close() {
      await close();
      await database.drop();
    },
  };
}

async function inMemory(): Promise<TripStorage> {
  // Every look at the clock is later than the one before, as Postgres' is in every transaction.
  let now = Date.now();
  const tables = new Tables({ now: () => (now += 1), newId: randomUUID });
  const attemptOf = (id: string) =>
    tables.attempts.get(id) as NonNullable<ReturnType<typeof tables.attempts.get>>;
  return {
    trips: createMemoryTrips(tables),
    async addUser(userId, { travelerId, cardId, providerCardId }) {
      tables.travelers.set(travelerId, { userId, pii: Buffer.from('pii'), dataKey: Buffer.from('key') });
      tables.cards.set(cardId, { userId, paymentMethodId: providerCardId });
    },
    async addSearch(searchKey, offer) {
      const id = randomUUID();
      tables.searches.set(id, { id, searchKey, window: 1, status: 'DONE', leaseUntil: 0, offers: [offer] });
    },
    async setStatus(tripId, status) {
      tables.trip(tripId).status = status;
    },
    async addOrderIntent(attemptId, outcome) {
      const intent = { key: `${attemptId}:order`, tries: 1, epoch: 1, intendedAt: tables.now(), outcome };
      tables.steps.set(`${attemptId}:order`, intent);
    },
    async endUnconfirmed(attemptId, agoMs) {
      const updatedAt = tables.now() - agoMs;
      Object.assign(attemptOf(attemptId), { status: 'FAILED', errorCode: 'order_unconfirmed', updatedAt });
    },
    async claim(attemptId) {
      const row = attemptOf(attemptId);
      Object.assign(row, { epoch: row.epoch + 1, step: 'authorize', leaseUntil: tables.now() + 20_000 });
    },
    async attempt(id) {
      const { status, step, epoch, leaseUntil, compensation } = attemptOf(id);
      return { status, step, epoch, leased: leaseUntil !== null, unwind: compensation };
    },
    auditTypes: async (tripId) =>
      tables.audits.filter((entry) => entry.tripId === tripId).map(({ type }) => type),
    jobIds: async (tripId) =>
      tables.outbox
        .filter(({ payload }) => (payload as { tripId?: string }).tripId === tripId)
        .map(({ jobId }) => jobId),
    close: async () => undefined,
  };
}
