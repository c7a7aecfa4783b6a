import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { createAuditLog } from '../../src/db/stores/audit-log.ts';
import { moneyText } from '../../src/domain/money.ts';
import { verifyAuditLog } from '../../src/services/evidence/verify.ts';

/** Migration 0010, run by an owner who is no superuser on the tables of the version before it. */
const FOLDER = new URL('../../migrations/', import.meta.url);
const NAME = `t_${randomBytes(5).toString('hex')}_truth`;
let admin: pg.Client;
let owner: pg.Client;
let worker: Database;

beforeAll(async () => {
  const base = inject('databaseUrl');
  admin = new pg.Client({ connectionString: base });
  await admin.connect();
  await admin.query(`create role ${NAME} login createrole password 'owner'`);
  await admin.query(`grant parker_api, parker_worker to ${NAME} with admin option`);
  await admin.query(`create database ${NAME} owner ${NAME}`);
  const url = new URL(base);
  url.pathname = `/${NAME}`;
  const superUrl = url.href;
  Object.assign(url, { username: NAME, password: 'owner' });
  owner = new pg.Client({ connectionString: url.href });
  await owner.connect();
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
  const run = async (file: string) => {
    await owner.query(`begin; ${await readFile(new URL(file, FOLDER), 'utf8')}; commit`);
  };
  const before = files.filter((file) => file < '0010');
  for (const file of before) await run(file);
  await owner.query('set role parker_worker');
  await addTrip('refunded', { status: 'REFUNDED', refundedMinor: 34_900, requested: true });
  await addTrip('fee', { status: 'CANCELLED', refundedMinor: 0, requested: true });
  await addTrip('yen', { status: 'REFUNDED', refundedMinor: 3_000, currency: 'JPY', requested: false });
  await addTrip('booked', { status: 'CONFIRMED', refundedMinor: 0, requested: false });
  await owner.query('reset role');
  for (const file of files.slice(before.length)) await run(file);
  worker = openDatabase(superUrl, 'parker_worker', { max: 2, onError: () => undefined });
}, 60_000);

afterAll(async () => {
  await worker?.close();
  await owner?.end();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.query(`drop role if exists ${NAME}`);
  await admin.end();
});

interface Ended {
  readonly status: string;
  readonly refundedMinor: number;
  readonly currency?: string;
  readonly requested: boolean;
}

/** A trip as the version before left it: BOOKED, whatever became of its booking. Its audit log ends at that. */
async function addTrip(userId: string, { status, refundedMinor, currency = 'GBP', requested }: Ended) {
  await owner.query(`insert into users (user_id, data_key) values ($1, '')`, [userId]);
  await owner.query(
    `with t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin,
         traveler_ids, max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
       values ($1, true, 'BOOKED', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, $4, 'true', 'k', '{}', now(),
         '{"code":"booked","message":"Booked for 399.00 GBP."}', 'x') returning id, user_id),
     a as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step)
       select id, user_id, 1, gen_random_uuid(), now(), 'x', 'SUCCESS', 'done' from t returning *)
     insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference,
       price_minor, currency, ticket_numbers, itinerary, status, refunded_minor, cancel_requested_at)
     select trip_id, id, user_id, 'duffel', 'ord_' || id, 'pi_' || id, 'ABC234', 39900, $4, '{}', '[]', $2, $3,
       case when $5 then now() end from a`,
    [userId, status, refundedMinor, currency, requested],
  );
  await owner.query(
    `insert into booking_audits (trip_id, user_id, type, actor) select id, user_id, 'booking.cancelled', 'worker'
     from trip_requests where user_id = $1`,
    [userId],
  );
}

const tripOf = async (userId: string) =>
  worker.db
    .selectFrom('tripRequests')
    .select(['id', 'autoBookStatus as status', 'outcome'])
    .where('userId', '=', userId)
    .executeTakeFirstOrThrow();

test.each([
  [
    'refunded',
    'This booking was cancelled at your request. A refund of 349.00 GBP to your card was requested; you had paid 399.00 GBP.',
  ],
  [
    'fee',
    'This booking was cancelled at your request. The airline gave nothing back, so nothing is refunded.',
  ],
  [
    'yen',
    'This booking was cancelled. A refund of 3000 JPY to your card was requested; you had paid 39900 JPY.',
  ],
])('a trip that was left BOOKED over a cancelled booking (%s) is corrected', async (userId, message) => {
  expect(await tripOf(userId)).toMatchObject({
    status: 'CANCELLED',
    outcome: { code: 'booking_cancelled', message },
  });
});

test('a booked trip stays, and the audit log knows each correction', async () => {
  expect(await tripOf('booked')).toMatchObject({ status: 'BOOKED', outcome: { code: 'booked' } });
  const corrected = await worker.db
    .selectFrom('bookingAudits')
    .select(['userId', 'actor', 'detail'])
    .where('type', '=', 'trip.corrected')
    .orderBy('userId')
    .execute();
  expect(corrected.map(({ userId }) => userId)).toEqual(['fee', 'refunded', 'yen']);
  expect(corrected[0]).toMatchObject({ actor: 'release', detail: { from: 'BOOKED', to: 'CANCELLED' } });
  expect((await verifyAuditLog(createAuditLog(worker))).problems).toEqual([]);
});

test('a worker of the version before ends a cancellation → the trip is CANCELLED all the same', async () => {
  const { id } = await tripOf('booked');
  await worker.db.transaction().execute(async (trx) => {
    await trx
      .updateTable('flightBookings')
      .set({ status: 'REFUNDED', refundedMinor: 39_900, cancelRequestedAt: sql`now()` })
      .where('tripId', '=', id)
      .execute();
    await trx
      .insertInto('bookingAudits')
      .values({ tripId: id, userId: 'booked', type: 'booking.cancelled', actor: 'worker' })
      .execute();
  });
  const trip = await tripOf('booked');
  expect(trip).toMatchObject({ status: 'CANCELLED', outcome: { code: 'booking_cancelled' } });
  expect(trip.outcome.message).toContain('A refund of 399.00 GBP to your card was requested');
  expect((await verifyAuditLog(createAuditLog(worker))).problems).toEqual([]);
});

test.each(['GBP', 'JPY', 'KWD'])('Postgres writes %s as the domain does', async (currency) => {
  for (const minor of [1, 50, 1_234_567]) {
    const { rows } = await sql<{ text: string }>`select money_text(${minor}, ${currency}) as text`.execute(
      worker.db,
    );
    expect(rows[0]?.text).toBe(moneyText({ minor, currency }));
  }
});
