import { randomUUID } from 'node:crypto';
import { createMemoryBookings } from '../../sim/memory/bookings.ts';
import { createMemoryCancellations } from '../../sim/memory/cancellations.ts';
import { createMemoryOutbox } from '../../sim/memory/outbox.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createBookingStore } from '../../src/db/stores/bookings.ts';
import { createCancellationStore } from '../../src/db/stores/cancellations.ts';
import { createOutbox } from '../../src/db/stores/outbox.ts';
import { CLAIM_MS } from '../../src/domain/attempt.ts';
import type { TripStatus } from '../../src/domain/trip.ts';
import type { Outbox } from '../../src/ports/outbox.ts';
import type { BookingStore } from '../../src/ports/storage/bookings.ts';
import type { CancellationStore } from '../../src/ports/storage/cancellations.ts';
import { createDatabase } from './database.ts';

/** Cancellations in one storage, with what their contract needs to set the scene and to see what was stored. */
export interface CancellationStorage {
  readonly store: CancellationStore;
  readonly bookings: Pick<BookingStore, 'transaction'>;
  readonly outbox: Outbox;
  /** A booking whose cancellation was requested just now, without a row of its own. */
  addRequestedBooking(): Promise<{ bookingId: string; tripId: string }>;
  userOf(bookingId: string): Promise<string>;
  requestAgain(bookingId: string): Promise<void>;
  /** As a worker that is done with it. */
  endCancellation(bookingId: string): Promise<void>;
  /** As if so much time had passed since everything that is stored. */
  timePasses(ms: number): Promise<void>;
  booking(bookingId: string): Promise<{ status: string; refundedMinor: number; requested: boolean }>;
  trip(tripId: string): Promise<{ status: string; code: string; message: string }>;
  /** As whoever else writes trips. */
  setTrip(tripId: string, status: TripStatus): Promise<void>;
  auditLog(tripId: string): Promise<string[]>;
  notificationKeys(): Promise<string[]>;
  /** Ids of the jobs in the outbox, in their order. */
  jobIds(): Promise<string[]>;
  close(): Promise<void>;
}

export const CANCELLATION_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

async function onPostgres(): Promise<CancellationStorage> {
  const scratch = await createDatabase();
  const database = openDatabase(scratch.url, 'parker_worker', { max: 8, onError: () => undefined });
  const web = openDatabase(scratch.url, 'parker_api', { max: 4, onError: () => undefined });
  return {
    store: createCancellationStore(database.db, { claimMs: CLAIM_MS }),
    bookings: createBookingStore({ db: web.db }),
    outbox: createOutbox({ db: database.db }),
    async userOf(id) {
      const [row] = await scratch.query<{ userId: string }>(
        'select user_id as "userId" from flight_bookings where id = $1',
        [id],
      );
      return (row as { userId: string }).userId;
    },
    async endCancellation(id) {
      await scratch.query(`update cancellations set status = 'REFUSED' where booking_id = $1`, [id]);
    },
    async addRequestedBooking() {
      const [row] = await scratch.query<{ bookingId: string; tripId: string }>(
        `with u as (insert into users (user_id, data_key) values (gen_random_uuid()::text, '') returning user_id),
         t as (
           insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
             traveler_ids, max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
           select user_id, true, 'BOOKED', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(),
             '{"code":"booked","message":""}', 'contract' from u returning id, user_id),
         a as (
           insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step)
           select id, user_id, 1, gen_random_uuid(), now(), 'contract', 'SUCCESS', 'done' from t returning *)
         insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference,
           price_minor, currency, ticket_numbers, itinerary, cancel_requested_at)
         select trip_id, id, user_id, 'duffel', 'ord_' || id, 'pi_' || id, 'ABC234', 39900, 'GBP', '{}', '[]', now() from a
         returning id as "bookingId", trip_id as "tripId"`,
      );
      return row as { bookingId: string; tripId: string };
    },
    async requestAgain(id) {
      await scratch.query('update flight_bookings set cancel_requested_at = now() where id = $1', [id]);
    },
    async timePasses(ms) {
      const ago = `- ${ms} * interval '1 millisecond'`;
      await scratch.query(
        `update cancellations set lease_until = lease_until ${ago}, updated_at = updated_at ${ago}`,
      );
      await scratch.query(`update flight_bookings set cancel_requested_at = cancel_requested_at ${ago}`);
    },
    async booking(id) {
      const [row] = await scratch.query<{ status: string; refundedMinor: number; requested: boolean }>(
        `select status, refunded_minor::int as "refundedMinor", cancel_requested_at is not null as requested
         from flight_bookings where id = $1`,
        [id],
      );
      return row as { status: string; refundedMinor: number; requested: boolean };
    },
    async trip(id) {
      const [row] = await scratch.query<{ status: string; code: string; message: string }>(
        `select auto_book_status as status, outcome->>'code' as code, outcome->>'message' as message
         from trip_requests where id = $1`,
        [id],
      );
      return row as { status: string; code: string; message: string };
    },
    async setTrip(id, status) {
      await scratch.query('update trip_requests set auto_book_status = $2 where id = $1', [id, status]);
    },
    async auditLog(tripId) {
      const rows = await scratch.query<{ type: string }>(
        'select type from booking_audits where trip_id = $1 order by seq',
        [tripId],
      );
      return rows.map(({ type }) => type);
    },
    async notificationKeys() {
      const rows = await scratch.query<{ key: string }>('select dedupe_key as key from notifications');
      return rows.map(({ key }) => key);
    },
    async jobIds() {
      const rows = await scratch.query<{ id: string }>('select job_id as id from outbox order by outbox.id');
      return rows.map(({ id }) => id);
    },
    async close() {
      await web.close();
      await database.close();
      await scratch.drop();
    },
  };
}

async function inMemory(): Promise<CancellationStorage> {
  let now = Date.now();
  const tables = new Tables({ now: () => now, newId: randomUUID });
  const find = (id: string) => [...tables.bookings.values()].find((booking) => booking.id === id);
  return {
    store: createMemoryCancellations(tables),
    bookings: createMemoryBookings(tables),
    outbox: createMemoryOutbox(tables),
    userOf: async (id) => tables.trip(find(id)?.tripId as string).userId,
    async endCancellation(bookingId) {
      for (const row of tables.cancellations.values())
        if (row.bookingId === bookingId) Object.assign(row, { status: 'REFUSED' });
    },
    async addRequestedBooking() {
      const [bookingId, tripId, attemptId] = [randomUUID(), randomUUID(), randomUUID()];
      tables.trips.set(tripId, { id: tripId, userId: randomUUID(), correlationId: 'contract' } as never);
      const outcome = { code: 'booked', message: '' };
      const mandate = { minor: 42_000, currency: 'GBP' };
      Object.assign(tables.trip(tripId), { status: 'BOOKED', outcome, mandate });
      tables.bookings.set(tripId, {
        id: bookingId,
        status: 'CONFIRMED',
        refundedMinor: 0,
        cancelRequestedAt: now,
        tripId,
        attemptId,
        orderId: `ord_${attemptId}`,
        paymentIntentId: `pi_${attemptId}`,
        price: { minor: 39_900, currency: 'GBP' },
        bookedAt: now,
        ticketNumbers: [],
        itinerary: [],
        nextLookAt: null,
        lookedAt: null,
      });
      return { bookingId, tripId };
    },
    async requestAgain(id) {
      Object.assign(find(id) as object, { cancelRequestedAt: now });
    },
    async timePasses(ms) {
      now += ms;
    },
    async booking(id) {
      const { status, refundedMinor, cancelRequestedAt } = find(id) as NonNullable<ReturnType<typeof find>>;
      return { status, refundedMinor, requested: cancelRequestedAt !== null };
    },
    async trip(id) {
      const { status, outcome } = tables.trip(id);
      return { status, ...outcome };
    },
    async setTrip(id, status) {
      tables.trip(id).status = status;
    },
    auditLog: async (tripId) =>
      tables.audits.filter((entry) => entry.tripId === tripId).map(({ type }) => type),
    notificationKeys: async () => [...tables.notifications.keys()],
    jobIds: async () => tables.outbox.map(({ jobId }) => jobId),
    close: async () => undefined,
  };
}
