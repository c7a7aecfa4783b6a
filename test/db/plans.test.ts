import { randomUUID } from 'node:crypto';
import { CamelCasePlugin, type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { abandonedAttempts, claimAttempts, renewLease } from '../../src/db/attempts.ts';
import { evidenceOf, moneyEventsOf, timelineOf } from '../../src/db/audits.ts';
import { openCases } from '../../src/db/cases.ts';
import { type DB, openDatabase } from '../../src/db/client/index.ts';
import { listTrips } from '../../src/db/list-trips.ts';
import { unpublishedRows } from '../../src/db/outbox.ts';
import { claimSearch, latestOffers, offersOf } from '../../src/db/searches.ts';
import { createAttemptHistory } from '../../src/db/stores/attempt-history.ts';
import { createCleanupStore } from '../../src/db/stores/cleanup.ts';
import { createFuseStore } from '../../src/db/stores/fuse.ts';
import { createNotificationStore } from '../../src/db/stores/notifications.ts';
import { createStuckWorkStore } from '../../src/db/stores/stuck-work.ts';
import { findTrip } from '../../src/db/trips.ts';
import { expireDeparted, noteFailure, tripsAwaiting } from '../../src/db/watched-trips.ts';
import { dueSearches, markRequested, priorityInputs } from '../../src/db/watches.ts';
import { TRIP_SORTS } from '../../src/domain/trip.ts';
import { jobs } from '../../src/queues/index.ts';
import { KEEP_DAYS } from '../../src/services/cleanup/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

/** Tables that grow with travellers and time; nothing asked many times a day may read one from end to end. */
const GROWING = new Set([
  ...[
    'trip_requests',
    'booking_attempts',
    'booking_steps',
    'booking_audits',
    'flight_bookings',
    'flight_offers',
  ],
  ...['searches', 'notifications', 'outbox', 'webhook_events', 'idempotency_keys', 'watches', 'fuse_charges'],
]);
/** Partial indexes that hold only what is waited for: to read one whole is to read what there is to do. */
const SMALL = new Set([
  'booking_attempts_open',
  'booking_attempts_one_live',
  'outbox_unpublished',
  'notifications_open',
  'webhook_events_open',
]);

const [NOBODY, NOBODY_ELSE] = [
  '00000000-0000-4000-8000-000000000000',
  '00000000-0000-4000-8000-000000000001',
] as const;

let scratch: TestDatabase;
let pool: pg.Pool;
let db: Kysely<DB>;
let explainer: pg.Client;
let asked: CompiledQuery[] = [];
beforeAll(async () => {
  scratch = await createDatabase();
  await scratch.query(SEED);
  await scratch.query('analyze');
  pool = new pg.Pool({ connectionString: scratch.url, max: 1, options: '-c role=parker_worker' });
  db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    log: ({ query }) => void asked.push(query),
  });
  explainer = new pg.Client({ connectionString: scratch.url, options: '-c role=parker_worker' });
  // The end of the database may reach a connection before its own.
  pool.on('error', () => undefined);
  explainer.on('error', () => undefined);
  await explainer.connect();
});
afterAll(async () => {
  await explainer.end();
  await db.destroy();
  await scratch.drop();
});

/** Enough rows that a plan is a choice: a hundredth of them due, waiting or old. */
const SEED = `
  set session_replication_role = replica;
  insert into users (user_id, data_key) select 'user' || n, '' from generate_series(1, 300) n;
  insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
      max_price_minor, currency, consent, search_key, search_params, next_check_at, watch_until, outcome, correlation_id, created_at)
    select 'user' || n % 300, true, 'PENDING', 'LHR', 'JFK', current_date + n % 300, 'economy', '{}', 42000, 'GBP', 'true', 'key' || n % 3000, '{}',
      now() + case when n % 100 = 0 then interval '-1 minute' else interval '5 minutes' end, now() + n % 300 * interval '1 day', '{}', 'x',
      now() - n * interval '1 second'
    from generate_series(1, 30000) n;
  insert into searches (search_key, freshness_window, status, created_at, cheapest_minor)
    select 'key' || n % 3000, n / 3000, 'DONE', now() - n * interval '9 seconds', 40000 from generate_series(1, 20000) n;
  insert into flight_offers (search_id, search_key, provider, offer_id, price_minor, currency, summary, created_at)
    select id, search_key, 'duffel', 'off_' || id, 40000, 'GBP', '{}', created_at from searches;
  insert into watches (search_key, worth, asked_at) select 'key' || n, 1, now() - n * interval '20 seconds' from generate_series(1, 10000) n;
  insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, offer_id)
    select id, user_id, 1, id::text, now(), 'x', case when random() < 0.01 then 'PENDING' else 'SUCCESS' end, id::text from trip_requests limit 20000;
  insert into booking_steps (attempt_id, step, user_id, key, epoch, request)
    select id, s, user_id, id || s, 1, jsonb_build_object('card', user_id) from booking_attempts, unnest(array['authorize', 'order', 'capture']) s;
  insert into booking_audits (trip_id, user_id, attempt_id, type, actor, chain, seq)
    select trip_id, user_id, id, 'x', 'worker', trip_id::text, 1 from booking_attempts;
  insert into flight_bookings (trip_id, attempt_id, user_id, provider, order_id, payment_intent_id, booking_reference, price_minor, currency,
      ticket_numbers, itinerary)
    select trip_id, id, user_id, 'duffel', id::text, id::text, 'ABC234', 1, 'GBP', '{}', '[]' from booking_attempts where status = 'SUCCESS';
  insert into outbox (queue, name, job_id, payload, published_at)
    select 'book', 'book', n::text, '{}', case when n % 100 <> 0 then now() - n * interval '14 seconds' end from generate_series(1, 20000) n;
  insert into notifications (kind, dedupe_key, status, created_at)
    select 'ops_alert', n::text, case when n % 100 <> 0 then 'SENT' else 'PENDING' end, now() - n * interval '14 seconds' from generate_series(1, 20000) n;
  insert into webhook_events (provider, event_id, dedupe_key, type, refs, received_at, processed_at)
    select 'duffel', n::text, n::text, 'x', '{}', now() - n * interval '131 seconds', now() from generate_series(1, 20000) n;
  insert into idempotency_keys (user_id, key, fingerprint, created_at)
    select 'user' || n % 300, n::text, 'x', now() - n * interval '9 seconds' from generate_series(1, 20000) n;
  insert into fuse_charges (attempt_id, tries, user_id, at, minor, currency)
    select gen_random_uuid(), 1, 'user' || n % 300, now() - n * interval '14 seconds', 1, 'GBP' from generate_series(1, 20000) n;
  set session_replication_role = origin;`;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Plan[];
}

/** Scans that read a growing table, or one of its indexes, from end to end. */
function wholeScans(plan: Plan): string[] {
  const { 'Node Type': type, 'Relation Name': table, 'Index Name': index } = plan;
  const deeper = (plan.Plans ?? []).flatMap(wholeScans);
  const whole =
    (type === 'Seq Scan' && GROWING.has(table ?? '')) ||
    (/^Index (Only )?Scan$/.test(type) &&
      GROWING.has(table ?? '') &&
      !plan['Index Cond'] &&
      !SMALL.has(index ?? ''));
  return whole ? [`${type} of ${index ?? table}`, ...deeper] : deeper;
}

const ID = randomUUID();
const ASKED: Record<string, () => Promise<unknown>> = {
  'the sweep, for what is due': () => dueSearches(db, 1_000),
  'watching, the fares that failed before': () =>
    createAttemptHistory({ db }).failedFares([NOBODY, NOBODY_ELSE]),
  'watching and buying, how often a card was tried': () =>
    createAttemptHistory({ db }).authorizations([NOBODY, NOBODY_ELSE]),
  'the sweep, noting what it asked for': () => markRequested(db, ['key']),
  'the end of watching': () => expireDeparted(db, 10, { code: 'expired', message: '' }),
  'a search, claimed': () => claimSearch(db, 'key', 1),
  'a search, for its trips': () => tripsAwaiting(db, 'key', { limit: 500, afterId: ID }),
  'a search, for what it is worth': () => priorityInputs(db, 'key'),
  'a search that failed': () => noteFailure(db, 'key', { code: 'x', message: '' }, new Date()),
  'a search answered before': () => offersOf(db, ID),
  'a booking, claimed': () => claimAttempts(db, [ID], 1_000),
  'bookings that stand still': () => abandonedAttempts(db, 1_000, 100),
  'what waits for a person': () => openCases(db, { limit: 500 }),
  'a case': () => openCases(db, { limit: 1, only: ID }),
  'bookings that take too long': () => createStuckWorkStore({ db }).overdueAttempts(900_000, 500),
  'notifications that wait': () => createStuckWorkStore({ db }).unsentNotifications(60_000, 500),
  'events that wait': () => createStuckWorkStore({ db }).unprocessedEvents(60_000, 500),
  'a mail, for its trip': () => createNotificationStore({ db }).findTrip(ID),
  'a mail, for its booking': () => createNotificationStore({ db }).findBooking(ID),
  "a user's bounds": () =>
    createFuseStore({ db }).userAtLimit('user1', { currency: 'GBP', maxMinor: 1, maxBookings: 1 }),
  'the outbox': () => unpublishedRows(db, { names: Object.keys(jobs), limit: 100 }),
  'a trip': () => findTrip(db, ID),
  'the offers of a trip': () => latestOffers(db, { id: ID, searchKey: 'key', limit: 20 }),
  'a timeline': () => timelineOf(db, ID, { limit: 100 }),
  'a receipt': () => evidenceOf(db, ID),
  'a money trail': () => moneyEventsOf(db, ID, ['payment.captured']),
  ...Object.fromEntries(
    Object.entries(KEEP_DAYS)
      .filter(([verb]) => verb !== 'deleteTravelersLongGone')
      .map(([verb, olderThanDays]) => [
        `the night: ${verb}`,
        () => createCleanupStore({ db })[verb as keyof typeof KEEP_DAYS]({ limit: 1_000, olderThanDays }),
      ]),
  ),
};

async function explained({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<string[]> {
  const { rows } = await explainer.query(`explain (format json) ${sql}`, [...parameters]);
  const [{ Plan: plan }] = rows[0]['QUERY PLAN'] as [{ Plan: Plan }];
  return wholeScans(plan);
}

test.each(Object.entries(ASKED))('%s reads no growing table from end to end', async (_, ask) => {
  asked = [];
  await ask();
  expect(asked.length).toBeGreaterThan(0);
  for (const query of asked) expect([query.sql, await explained(query)]).toEqual([query.sql, []]);
});

test('the trips of a user, seen as that user, read no growing table from end to end', async () => {
  asked = [];
  for (const sort of TRIP_SORTS)
    for (const after of [
      null,
      { at: sort.endsWith('Date') ? '2031-01-01' : '2031-01-01 00:00:00+00', id: randomUUID() },
    ])
      await listTrips(db, { limit: 20, sort, after, filter: {} });
  await listTrips(db, {
    limit: 20,
    sort: 'departureDate',
    after: null,
    filter: { statuses: ['PENDING'], origin: 'LHR', departureFrom: '2031-01-01', departureTo: '2031-02-01' },
  });
  await explainer.query(`begin; set local role parker_api; set local app.user_id = 'user1'`);
  for (const query of asked) expect([query.sql, await explained(query)]).toEqual([query.sql, []]);
  await explainer.query('rollback');
});

test('a table read from end to end would be noticed', async () => {
  const query = { sql: `select from trip_requests where cabin = 'first'`, parameters: [] };
  expect(await explained(query)).toEqual(['Seq Scan of trip_requests']);
});

test('an attempt that is claimed, renewed and taken to its next step gets no new index entries', async () => {
  // The seed leaves some pages full; an update in place needs the room that the fill factor leaves.
  await scratch.query('vacuum full booking_attempts');
  const counted = await db.transaction().execute(async (trx) => {
    const { id } = await trx
      .selectFrom('bookingAttempts')
      .select('id')
      .where('status', '=', 'PENDING')
      .limit(1)
      .executeTakeFirstOrThrow();
    const [claim] = await claimAttempts(trx, [id], 60_000);
    if (!claim) throw new Error('the attempt was not claimed');
    await renewLease(trx, claim.subject, 60_000);
    await trx.updateTable('bookingAttempts').set({ step: 'settle' }).where('id', '=', id).execute();
    const { rows } = await sql`
      select pg_stat_get_xact_tuples_updated(c.oid)::int as updated, pg_stat_get_xact_tuples_hot_updated(c.oid)::int as in_place
      from pg_class c where relname = 'booking_attempts'`.execute(trx);
    return rows[0];
  });
  expect(counted).toEqual({ updated: 3, inPlace: 3 });
});

test('the bounds of a hundred users, asked in the same moment, are two statements', async () => {
  asked = [];
  const { userAtLimit } = createFuseStore({ db });
  const bounds = { currency: 'GBP', maxMinor: 1, maxBookings: null };
  const users = Array.from({ length: 100 }, (_, n) => `user${n}`);
  expect(await Promise.all(users.map((user) => userAtLimit(user, bounds)))).toContain(true);
  expect(asked).toHaveLength(2);
});

test('what each booking asks of the past is planned once, and not again for each booking', async () => {
  const worker = openDatabase(scratch.url, 'parker_worker', { max: 1 });
  const history = createAttemptHistory(worker);
  for (let times = 0; times < 20; times += 1) {
    await history.failedFares([ID]);
    await history.authorizations([ID]);
  }
  const { rows } = await sql<{ statement: string; generic: number }>`
    select statement, generic_plans::int as generic from pg_prepared_statements where statement like '%intent%' or statement like '%unwind%'`.execute(
    worker.db,
  );
  await worker.close();
  expect(rows.map(({ generic }) => generic > 0)).toEqual([true, true]);
});
