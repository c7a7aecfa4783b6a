import { randomUUID } from 'node:crypto';
import { createMemoryBookedOrders } from '../../sim/memory/booked-orders.ts';
import { createMemoryBookings } from '../../sim/memory/bookings.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createBookedOrderStore } from '../../src/db/stores/booked-orders.ts';
import { createBookingStore } from '../../src/db/stores/bookings.ts';
import type { BookedOrderStore } from '../../src/ports/storage/booked-orders.ts';
import type { BookingStore } from '../../src/ports/storage/bookings.ts';
import { createDatabase } from './database.ts';

/** A booking of the contract suite. */
export interface BookedRow {
  readonly bookingId: string;
  readonly orderId: string;
  readonly userId: string;
}

/** Booked orders in one storage, with what their contract needs to set the scene. */
export interface BookedOrderStorage {
  readonly store: BookedOrderStore;
  readonly bookings: Pick<BookingStore, 'transaction'>;
  /** A booking that is due for a look. */
  add(): Promise<BookedRow>;
  /** As if so much time had passed. */
  timePasses(ms: number): Promise<void>;
  cancel(bookingId: string): Promise<void>;
  close(): Promise<void>;
}

export const BOOKED_ORDER_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

async function onPostgres(): Promise<BookedOrderStorage> {
  const scratch = await createDatabase();
  const database = openDatabase(scratch.url, 'parker_worker', { max: 8, onError: () => undefined });
  const web = openDatabase(scratch.url, 'parker_api', { max: 4, onError: () => undefined });
  return {
    store: createBookedOrderStore({ db: database.db }),
    bookings: createBookingStore({ db: web.db }),
    async add() {
      const [row] = await scratch.query<BookedRow & Record<string, unknown>>(
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
           price_minor, currency, ticket_numbers, itinerary, next_look_at)
         select trip_id, id, user_id, 'duffel', 'ord_' || id, 'pi_' || id, 'ABC234', 39900, 'GBP', '{}', '[]', now() - interval '1 second'
         from a returning id as "bookingId", order_id as "orderId", user_id as "userId"`,
      );
      return row as BookedRow;
    },
    async timePasses(ms) {
      const ago = `- ${ms} * interval '1 millisecond'`;
      await scratch.query(`update flight_bookings set next_look_at = next_look_at ${ago}`);
      await scratch.query(
        `update order_changes set lease_until = lease_until ${ago}, accept_requested_at = accept_requested_at ${ago}`,
      );
    },
    async cancel(bookingId) {
      await scratch.query(`update flight_bookings set status = 'CANCELLED' where id = $1`, [bookingId]);
    },
    async close() {
      await web.close();
      await database.close();
      await scratch.drop();
    },
  };
}

async function inMemory(): Promise<BookedOrderStorage> {
  let now = Date.now();
  // No two readings are asked for in the same moment.
  const tables = new Tables({ now: () => (now += 1), newId: randomUUID });
  return {
    store: createMemoryBookedOrders(tables),
    bookings: createMemoryBookings(tables),
    async add() {
      const [bookingId, tripId, attemptId, userId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      const outcome = { code: 'booked', message: '' };
      const mandate = { minor: 42_000, currency: 'GBP' };
      tables.trips.set(tripId, { id: tripId, userId, status: 'BOOKED', outcome, mandate } as never);
      const orderId = `ord_${attemptId}`;
      tables.bookings.set(tripId, {
        id: bookingId,
        status: 'CONFIRMED',
        refundedMinor: 0,
        cancelRequestedAt: null,
        tripId,
        attemptId,
        orderId,
        paymentIntentId: `pi_${attemptId}`,
        price: { minor: 39_900, currency: 'GBP' },
        bookedAt: now,
        ticketNumbers: [],
        itinerary: [],
        nextLookAt: now - 1_000,
        lookedAt: null,
      });
      return { bookingId, orderId, userId };
    },
    async timePasses(ms) {
      now += ms;
    },
    async cancel(bookingId) {
      for (const row of tables.bookings.values()) if (row.id === bookingId) row.status = 'CANCELLED';
    },
    close: async () => undefined,
  };
}
