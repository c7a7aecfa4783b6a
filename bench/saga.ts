import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type Database, openDatabase } from '../src/db/client.ts';
import type { Offer } from '../src/domain/offer.ts';
import type { SagaPorts } from '../src/services/booking/ports.ts';
import { createPostgresStore } from '../src/services/booking/postgres-store.ts';
import { runAttempt } from '../src/services/booking/saga.ts';
import { createVault } from '../src/services/vault.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import type { Contender } from './measure.ts';

/**
 * Durable sagas a second: the whole booking with vendors that answer at once, every intent, audit row and fence written;
 * against the floor, the bare statements such a saga must commit, by hand.
 */
export function sagaBench(databaseUrl: string, bookings: number, concurrency: number) {
  const database = openDatabase(databaseUrl, 'parker_worker', { max: concurrency });
  const contender = (name: string, work: (attemptId: string) => Promise<void>): Contender => ({
    name,
    prepare: () => seed(database.pool, bookings),
    run: (attempts) => inLanes(attempts, concurrency, work),
  });
  return {
    contenders: [contender('saga', ours(database)), contender('floor', byHand(database.pool))],
    close: database.close,
  };
}

const offer: Offer = {
  provider: 'duffel',
  offerId: 'off',
  price: { minor: 39_900, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [{ origin: 'LHR', destination: 'JFK', durationMinutes: 480, segments: [] }],
  passengers: [{ id: 'pas', type: 'adult', age: null }],
  checkedBags: 1,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
};

/** Our saga on Postgres, with vendors that cost nothing. */
function ours({ db }: Database): (attemptId: string) => Promise<void> {
  const hold = (paymentIntentId: string, status: 'held' | 'captured') => ({
    paymentIntentId,
    status,
    amount: offer.price,
    capturedMinor: offer.price.minor,
    captureBefore: null,
    attemptId: null,
  });
  const store = createPostgresStore({
    db,
    afterCommit: () => undefined,
    vault: createVault([{ version: 'v1', key: Buffer.alloc(32) }]),
    snapshotFlags: async () => ({}),
    cadence: { watchIntervalMs: 600_000, freshnessMs: 300_000 },
    claimMs: 20_000,
    fuse: { spendPerHour: 1e9, bookingsPerMinute: 1e9, unknownsPerHour: 1e9 },
  });
  return async (attemptId) => {
    let captured = false;
    const own = { ...offer, offerId: `off_${attemptId}`, slices: [] };
    const intent = `pi_${attemptId}`;
    const ports = {
      store: {
        ...store,
        keepOffers: async () => undefined,
        payer: async () => ({ customerId: 'cus', paymentMethodId: 'pm' }),
        passengers: async () => [],
      },
      flights: {
        search: async () => ({
          requestId: 'orq',
          offers: [{ offer: { ...own, slices: offer.slices }, raw: null }],
        }),
        offer: async () => ({ offer: own, raw: null }),
        createOrder: async () => ({
          orderId: `ord_${attemptId}`,
          bookingReference: 'ABC123',
          total: offer.price,
          ticketNumbers: ['1'],
        }),
      },
      payments: {
        authorize: async () => hold(intent, 'held'),
        hold: async () => hold(intent, captured ? 'captured' : 'held'),
        capture: async () => void (captured = true),
      },
      flags: {
        bookingStop: async () => null,
        selectionRules: async () => ({ advancedFiltering: true, priceOptimization: true }),
      },
      clock: { now: () => new Date() },
      log: createLogger('silent', 'bench'),
      settings: { claimMs: 20_000, settleWindowMs: 1, settlePollMs: 1, paymentSettleMs: 1 },
    } as unknown as SagaPorts;
    const result = await runAttempt(ports, attemptId, { signal: new AbortController().signal, tries: 0 });
    if (result.kind !== 'over') throw new Error(`the saga ended with ${result.kind}`);
  };
}

/** What must be committed, and no more: claim, three intents, five steps with their audit rows, the booking. */
function byHand(pool: pg.Pool): (attemptId: string) => Promise<void> {
  const audit = `insert into booking_audits (trip_id, user_id, attempt_id, type, actor) select trip_id, user_id, id, 'x', 'worker' from booking_attempts where id = $1`;
  const commit = async (attemptId: string, ...statements: string[]) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      for (const statement of statements) await client.query(statement, [attemptId]);
      await client.query('commit');
    } finally {
      client.release();
    }
  };
  const step = `update booking_attempts set step = 'order', updated_at = now() where id = $1`;
  const intent = (name: string) =>
    `insert into booking_steps (attempt_id, step, user_id, key, epoch, request) select id, '${name}', user_id, id || ':${name}', 1, '{}' from booking_attempts where id = $1`;
  return async (id) => {
    await pool.query('update booking_attempts set epoch = epoch + 1 where id = $1', [id]);
    await commit(id, step, audit);
    for (const name of ['authorize', 'order', 'capture']) {
      await pool.query(intent(name), [id]);
      await commit(id, step, audit);
    }
    await commit(
      id,
      `insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference, price_minor, currency, ticket_numbers, itinerary)
       select trip_id, id, user_id, 'duffel', id::text, id::text, 'ABC123', 1, 'GBP', '{}', '[]' from booking_attempts where id = $1`,
      `update trip_requests set auto_book_status = 'BOOKED' where id = (select trip_id from booking_attempts where id = $1)`,
      `update booking_attempts set status = 'SUCCESS', step = 'done' where id = $1`,
      audit,
      `insert into notifications (user_id, trip_id, kind, dedupe_key) select user_id, trip_id, 'booking_confirmed', id::text from booking_attempts where id = $1`,
      `insert into outbox (queue, name, job_id, payload) values ('notify', 'notify', $1::text, '{}')`,
    );
  };
}

/** Trips being booked, each with an attempt that nobody has begun. */
async function seed(pool: pg.Pool, count: number): Promise<string[]> {
  const user = `bench-${randomUUID()}`;
  await pool.query(`insert into users (user_id, data_key) values ($1, '')`, [user]);
  const { rows } = await pool.query<{ id: string }>(
    `with t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
       select $1, true, 'BOOKING', 'LHR', 'JFK', current_date + 60, 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now() + interval '60 days', '{}', 'bench'
       from generate_series(1, $2) returning id)
     insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id)
     select id, $1, 1, 'book-' || id, now() + interval '1 hour', 'bench' from t returning id`,
    [user, count],
  );
  return rows.map((row) => row.id);
}

async function inLanes(
  ids: readonly string[],
  concurrency: number,
  work: (id: string) => Promise<void>,
): Promise<void> {
  const queue = [...ids];
  const lane = async () => {
    for (let id = queue.pop(); id; id = queue.pop()) await work(id);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
