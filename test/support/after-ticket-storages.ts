import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createMemoryAccountTroubles } from '../../sim/memory/account-troubles.ts';
import { createMemoryDisputes } from '../../sim/memory/disputes.ts';
import { createMemoryRefunds } from '../../sim/memory/refunds.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAccountTroubleStore } from '../../src/db/stores/account-troubles.ts';
import { createDisputeStore } from '../../src/db/stores/disputes.ts';
import { createRefundStore } from '../../src/db/stores/refunds.ts';
import { NEW_ATTEMPT } from '../../src/domain/attempt.ts';
import type { CancellationStatus } from '../../src/domain/cancellation.ts';
import type { AccountTroubleStore } from '../../src/ports/storage/account-troubles.ts';
import type { DisputeStore } from '../../src/ports/storage/disputes.ts';
import type { RefundStore } from '../../src/ports/storage/refunds.ts';
import { createDatabase } from './database.ts';

/** What one storage keeps of money after the ticket, with what its contract needs to set the scene and to see what was stored. */
export interface AfterTicketStorage {
  readonly refunds: RefundStore;
  readonly disputes: DisputeStore;
  readonly troubles: AccountTroubleStore;
  /** A booking of 399.00 GBP whose cancellation stands there. */
  addPayment(cancellation: CancellationStatus): Promise<Payment>;
  now(): Date;
  /** As if so much time had passed since everything that is stored. */
  timePasses(ms: number): Promise<void>;
  booking(payment: Payment): Promise<{ status: string; refundedMinor: number; requested: boolean }>;
  cancellation(payment: Payment): Promise<{ status: string; step: string; epoch: number }>;
  auditLog(payment: Payment): Promise<string[]>;
  notificationKeys(): Promise<string[]>;
  /** Ids of the jobs in the outbox, in their order. */
  jobIds(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Payment {
  readonly paymentIntentId: string;
  readonly tripId: string;
  readonly bookingId: string;
}

/** The storages that the contract suite of refunds, disputes and account troubles runs against, so that they can't drift apart. */
export const AFTER_TICKET_STORAGES = [
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
] as const;

async function onPostgres(): Promise<AfterTicketStorage> {
  const { url, query, drop } = await createDatabase();
  const database = openDatabase(url, 'parker_worker', { max: 8, onError: () => undefined });
  const one = async <T extends pg.QueryResultRow>(text: string, id: string) =>
    (await query<T>(text, [id]))[0] as T;
  return {
    refunds: createRefundStore(database),
    disputes: createDisputeStore(database),
    troubles: createAccountTroubleStore(database),
    now: () => new Date(),
    async addPayment(status) {
      return one<Payment>(
        `with u as (insert into users (user_id, data_key) values (gen_random_uuid()::text, '') returning user_id),
         t as (
           insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
             traveler_ids, max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
           select user_id, true, 'BOOKED', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(),
             '{"code":"booked","message":""}', 'contract' from u returning id, user_id),
         a as (
           insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step,
             amount_minor, currency, payment_intent_id)
           select id, user_id, 1, gen_random_uuid(), now(), 'contract', 'SUCCESS', 'done', 39900, 'GBP', 'pi_' || id from t returning *),
         b as (
           insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference,
             price_minor, currency, ticket_numbers, itinerary, cancel_requested_at)
           select trip_id, id, user_id, 'duffel', 'ord_' || id, payment_intent_id, 'ABC234', 39900, 'GBP', '{}', '[]', now() from a
           returning *),
         c as (
           insert into cancellations (booking_id, attempt_id, trip_id, user_id, number, correlation_id, requested_at, status, step, refund_minor)
           select id, attempt_id, trip_id, user_id, 1, 'contract', now(), $1, 'done', 39900 from b returning booking_id)
         select id as "bookingId", trip_id as "tripId", payment_intent_id as "paymentIntentId" from b`,
        status,
      );
    },
    async timePasses(ms) {
      const instants = {
        refunds: ['requested_at', 'looked_at', 'settled_at', 'resolved_at'],
        disputes: ['opened_at', 'looked_at', 'closed_at'],
        account_troubles: ['since', 'last_at', 'paused_until'],
      };
      for (const [table, columns] of Object.entries(instants)) {
        const set = columns.map((column) => `${column} = ${column} - $1 * interval '1 millisecond'`).join();
        await query(`update ${table} set ${set}`, [ms]);
      }
    },
    booking: ({ bookingId }) =>
      one(
        `select status, refunded_minor::int as "refundedMinor", cancel_requested_at is not null as requested
         from flight_bookings where id = $1`,
        bookingId,
      ),
    cancellation: ({ bookingId }) =>
      one('select status, step, epoch from cancellations where booking_id = $1', bookingId),
    async auditLog({ tripId }) {
      const text = 'select type from booking_audits where trip_id = $1 order by seq';
      return (await query<{ type: string }>(text, [tripId])).map(({ type }) => type);
    },
    async notificationKeys() {
      return (await query<{ key: string }>('select dedupe_key as key from notifications')).map(
        ({ key }) => key,
      );
    },
    async jobIds() {
      return (await query<{ id: string }>('select job_id as id from outbox order by outbox.id')).map(
        ({ id }) => id,
      );
    },
    async close() {
      await database.close();
      await drop();
    },
  };
}

async function inMemory(): Promise<AfterTicketStorage> {
  let now = Date.now();
  const tables = new Tables({ now: () => now, newId: randomUUID });
  const newest = (bookingId: string) =>
    [...tables.cancellations.values()].findLast((row) => row.bookingId === bookingId);
  return {
    refunds: createMemoryRefunds(tables),
    disputes: createMemoryDisputes(tables),
    troubles: createMemoryAccountTroubles(() => now),
    now: () => new Date(now),
    async addPayment(status) {
      const [bookingId, tripId, attemptId, userId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      const paymentIntentId = `pi_${attemptId}`;
      const price = { minor: 39_900, currency: 'GBP' };
      tables.trips.set(tripId, {
        id: tripId,
        userId,
        status: 'BOOKED',
        outcome: { code: 'booked', message: '' },
        mandate: { minor: 42_000, currency: 'GBP' },
        correlationId: 'contract',
      } as never);
      tables.attempts.set(attemptId, {
        ...NEW_ATTEMPT,
        id: attemptId,
        tripId,
        userId,
        number: 1,
        status: 'SUCCESS',
        step: 'done',
        offer: { offerId: 'off_1', price } as never,
        paymentIntentId,
        deadline: new Date(now),
        wantedItinerary: null,
        wantedFare: null,
        correlationId: 'contract',
        leaseUntil: null,
        resumeAt: null,
        startedAt: now,
        updatedAt: now,
        errorCode: null,
      });
      const orderId = `ord_${attemptId}`;
      const shared = { tripId, attemptId, orderId, paymentIntentId };
      tables.bookings.set(tripId, {
        ...shared,
        id: bookingId,
        status: 'CONFIRMED',
        refundedMinor: 0,
        cancelRequestedAt: now,
        price,
        bookedAt: now,
        ticketNumbers: [],
        itinerary: [],
        nextLookAt: null,
        lookedAt: null,
      });
      tables.cancellations.set(randomUUID(), {
        ...shared,
        id: randomUUID(),
        bookingId,
        userId,
        requestedBy: 'traveller',
        number: 1,
        status,
        step: 'done',
        epoch: 0,
        correlationId: 'contract',
        paid: price,
        quote: null,
        airlineRefund: null,
        refundMinor: 39_900,
        reopened: false,
        resolvedRefunds: [],
        paidElsewhereMinor: 0,
        acceptedMinor: null,
        leaseUntil: null,
        requestedAt: now,
        updatedAt: now,
      });
      return { bookingId, tripId, paymentIntentId };
    },
    async timePasses(ms) {
      now += ms;
    },
    async booking({ tripId }) {
      const { status, refundedMinor, cancelRequestedAt } = tables.bookings.get(tripId) ?? {};
      return {
        status: status ?? '',
        refundedMinor: refundedMinor ?? -1,
        requested: cancelRequestedAt != null,
      };
    },
    async cancellation({ bookingId }) {
      const { status = '', step = '', epoch = -1 } = newest(bookingId) ?? {};
      return { status, step, epoch };
    },
    auditLog: async ({ tripId }) =>
      tables.audits.filter((entry) => entry.tripId === tripId).map(({ type }) => type),
    notificationKeys: async () => [...tables.notifications.keys()],
    jobIds: async () => tables.outbox.map(({ jobId }) => jobId),
    close: async () => undefined,
  };
}
