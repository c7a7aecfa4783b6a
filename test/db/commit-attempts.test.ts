import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { type Commit, type Committer, createCommitter } from '../../src/db/commit-attempt.ts';
import { Fenced } from '../../src/errors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

let scratch: TestDatabase;
let database: Database;
let commit: Committer;
beforeAll(async () => {
  scratch = await createDatabase();
  database = openDatabase(scratch.url, 'parker_worker', { max: 12 });
  commit = createCommitter(database.db);
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

type Attempt = Parameters<Committer>[0];

/** Attempts in a worker's hands, each of a trip and a user of its own, with an order announced. */
async function begun(count: number): Promise<Attempt[]> {
  const correlationId = randomUUID();
  return scratch.query<Attempt & pg.QueryResultRow>(
    `with u as (insert into users (user_id, data_key) select gen_random_uuid()::text, '' from generate_series(1, $1) returning user_id),
     t as (
       insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, consent, search_key, search_params, watch_until, outcome, correlation_id)
       select user_id, true, 'BOOKING', 'LHR', 'JFK', '2099-01-01', 'economy', '{}', 42000, 'GBP', 'true', 'k', '{}', now(), '{}', 'x'
       from u returning id, user_id),
     a as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, epoch, lease_until)
       select id, user_id, 1, 'book-' || id, now(), $2, 1, now() from t returning *),
     s as (
       insert into booking_steps (attempt_id, step, user_id, key, epoch, request)
       select id, 'order', user_id, id || ':order', 1, '{}' from a)
     select id, epoch, trip_id as "tripId", user_id as "userId", correlation_id as "correlationId" from a`,
    [count, correlationId],
  );
}

/** Everything that is known of an attempt, without what no two have in common. */
async function storyOf({ id, tripId, userId, correlationId }: Attempt): Promise<string> {
  const [row] = await scratch.query<{ story: unknown }>(
    `select jsonb_build_object(
       'attempt', (select to_jsonb(a) - '{deadline,started_at,updated_at,finished_at,lease_until}'::text[]
          || jsonb_build_object('over', finished_at is not null, 'held', lease_until) from booking_attempts a where id = $1),
       'trip', (select to_jsonb(t) - '{created_at,updated_at,watch_until}'::text[] from trip_requests t where id = $2),
       'steps', (select jsonb_agg(to_jsonb(s) - '{intended_at,settled_at}'::text[] || jsonb_build_object('settled', settled_at is not null)
          order by step) from booking_steps s where attempt_id = $1),
       'booking', (select to_jsonb(b) - '{id,booked_at}'::text[] from flight_bookings b where trip_id = $2),
       'trail', (select jsonb_agg(to_jsonb(e) - '{id,at,hash,prev_hash}'::text[] order by seq) from booking_audits e where trip_id = $2),
       'mails', (select jsonb_agg(to_jsonb(n) - '{id,created_at}'::text[] order by kind) from notifications n where trip_id = $2),
       'jobs', (select jsonb_agg(to_jsonb(o) - '{id,created_at}'::text[] order by name, job_id) from outbox o where payload->>'of' = $1::text))
     as story`,
    [id, tripId],
  );
  return [id, tripId, userId, correlationId].reduce(
    (text, own, at) => text.replaceAll(own ?? '', `own-${at}`),
    JSON.stringify(row?.story).replace(/"held":"[^"]*"/, '"held":true'),
  );
}

/** Whatever a step may decide: what is drawn is the shape, and the ids are the attempt's own. */
const decision = fc.record({
  stale: fc.boolean(),
  gone: fc.boolean(),
  outcome: fc.boolean(),
  end: fc.constantFrom(null, 'booked', 'watched', 'human'),
  offer: fc.boolean(),
  paid: fc.constantFrom(null, 'with', 'without'),
  ordered: fc.boolean(),
  settles: fc.boolean(),
  entries: fc.nat(3),
  flags: fc.boolean(),
  intent: fc.constantFrom(null, 'order', 'authorize', 'capture'),
  fuse: fc.constantFrom(null, 'asks', 'charges'),
  unknowns: fc.boolean(),
  renews: fc.boolean(),
});
type Decision = typeof decision extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function commitOf(attempt: Attempt, drawn: Decision): Commit {
  const { id } = attempt;
  const { end } = drawn;
  const outcome = { code: 'x', message: 'words' };
  const notice = (kind: string) => ({
    ...{ id: randomUUID(), kind, dedupe_key: `${kind}:${id}`, data: { kind } },
    job: { queue: 'notify', name: 'notify', job_id: `${kind}-${id}`, payload: { of: id } },
  });
  const to = end === 'booked' ? 'BOOKED' : end === 'watched' ? 'PENDING' : 'BOOKING';
  return {
    ...(drawn.outcome && { outcome }),
    attempt: {
      step: end === 'booked' ? 'done' : 'capture',
      ...(drawn.offer && { offer_id: `off_${id}`, amount_minor: 39_900, currency: 'GBP' }),
      ...(drawn.paid && { payment_intent_id: `pi_${id}` }),
      ...(drawn.paid === 'without' && { capture_before: null }),
      ...(drawn.paid === 'with' && { capture_before: new Date(4e12) }),
      ...(drawn.ordered && { order_id: `ord_${id}`, order_facts: { id } }),
      ...(end === 'booked' && { status: 'SUCCESS' as const }),
      ...(end === 'human' && {
        ...{ status: 'NEEDS_HUMAN' as const, error_code: 'x', error_message: 'words' },
      }),
    },
    ...(drawn.settles && { settles: [{ step: 'order', outcome: 'created', result: { id } }] }),
    ...(end && {
      trip: {
        // A trip that has moved on meanwhile stays where it is, and nobody is told.
        ...{ from: drawn.gone ? ['CANCELLED'] : ['BOOKING'], to, outcome },
        ...(end === 'booked' && { selectedOfferId: `off_${id}` }),
        ...(end === 'watched' && { selectedOfferId: null, nextCheckAt: new Date(4e12) }),
      },
      tell: end === 'human' ? [notice('ops_alert')] : [],
      ifMoved: {
        tell: [notice('booking_failed')],
        ...(end === 'watched' && {
          jobs: [{ queue: 'search', name: 'search', job_id: `s-${id}`, payload: { of: id } }],
        }),
      },
    }),
    ...(end === 'booked' && {
      booking: {
        ...{ provider: 'duffel', order_id: `ord_${id}`, payment_intent_id: `pi_${id}`, currency: 'GBP' },
        ...{
          booking_reference: 'ABC234',
          price_minor: 39_900,
          ticket_numbers: ['1', '2'],
          itinerary: [{ id }],
        },
      },
    }),
    entries: Array.from({ length: drawn.entries }, (_, nth) => ({
      type: `entry-${nth}`,
      ...(nth !== 1 && { detail: { nth } }),
      ...(nth === 2 && { evidence: { offers: [id] } }),
    })),
    ...(drawn.flags && { flags: { on: true } }),
    ...(drawn.intent && {
      intent: { step: drawn.intent, key: `${id}:${drawn.intent}:2`, tries: 2, request: { id } },
    }),
    ...(drawn.fuse === 'asks' && { asksFuse: true as const }),
    ...(drawn.fuse === 'charges' && {
      charge: { minor: 1, currency: 'GBP', maxHour: 1e12, maxMinute: 1e9 },
    }),
    ...(drawn.unknowns && { unknowns: 1e9 }),
    ...(drawn.renews && { leaseMs: 20_000 }),
  };
}

const told = (write: Promise<unknown>) =>
  write.catch((error: Error) => (error instanceof Fenced ? 'fenced' : error.message));

test('whatever is written together leaves what it leaves when each is written alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(decision, { minLength: 2, maxLength: 12 }), async (drawn) => {
      const [together, alone] = [await begun(drawn.length), await begun(drawn.length)];
      const write = (attempts: Attempt[], at: number) => {
        const attempt = attempts[at] as Attempt;
        const one = drawn[at] as Decision;
        return told(commit({ ...attempt, epoch: one.stale ? 0 : 1 }, commitOf(attempt, one)));
      };
      const answers = await Promise.all(drawn.map((_, at) => write(together, at)));
      for (const at of drawn.keys()) {
        expect(await write(alone, at)).toEqual(answers[at]);
        expect(answers[at] === 'fenced').toBe(drawn[at]?.stale);
        expect(await storyOf(together[at] as Attempt)).toEqual(await storyOf(alone[at] as Attempt));
      }
    }),
    { numRuns: 40 },
  );
  const broken = await scratch.query(
    `select chain, seq from booking_audits e where hash <> sha256(convert_to(audit_text(e), 'UTF8'))
       or prev_hash <> coalesce((select hash from booking_audits p where p.chain = e.chain and p.seq = e.seq - 1), '')`,
  );
  expect(broken).toEqual([]);
});

const plain: Commit = { attempt: { step: 'capture' }, entries: [{ type: 'moved' }] };
const cancelled: Commit = {
  ...plain,
  trip: { from: ['BOOKING'], to: 'PENDING', outcome: { code: 'x', message: '' } },
};
const typesOf = async ({ tripId }: Attempt) =>
  (
    await scratch.query<{ type: string }>('select type from booking_audits where trip_id = $1 order by seq', [
      tripId,
    ])
  ).map(({ type }) => type);

test('one that breaks a rule is refused, and the others are written', async () => {
  const attempts = await begun(8);
  const offer = (id: string): Commit => ({ ...plain, attempt: { step: 'authorize', offer_id: id } });
  const results = await Promise.all(
    attempts.map((attempt, at) => told(commit(attempt, offer(at < 3 ? 'off_wanted_by_three' : attempt.id)))),
  );
  const refused = results.filter((result) => /booking_attempts_one_per_offer/.test(String(result)));
  expect(refused).toHaveLength(2);
  for (const [at, attempt] of attempts.entries())
    expect(await typesOf(attempt)).toEqual(refused.includes(results[at]) ? [] : ['moved']);
});

test('one whose trip is in other hands waits for it, and the others do not', async () => {
  const [held, ...others] = (await begun(6)) as [Attempt, ...Attempt[]];
  const other = new pg.Client({ connectionString: scratch.url });
  await other.connect();
  await other.query('begin');
  await other.query('select from trip_requests where id = $1 for update', [held.tripId]);
  let written = false;
  const late = commit(held, cancelled).then(() => (written = true));
  await Promise.all(others.map((attempt) => commit(attempt, cancelled)));
  expect(written).toBe(false);
  expect(await typesOf(held)).toEqual([]);
  await other.query('rollback');
  await other.end();
  await late;
  expect(await typesOf(held)).toEqual(['moved']);
});

test('when nobody knows what was written, nothing is written again', async () => {
  const attempts = (await begun(5)) as [Attempt, ...Attempt[]];
  const other = new pg.Client({ connectionString: scratch.url });
  await other.connect();
  await commit(attempts[0], plain);
  await other.query('begin');
  await other.query('select from audit_heads where chain = $1 for update', [attempts[0].tripId]);
  const writes = Promise.all(attempts.map((attempt) => told(commit(attempt, plain))));
  await until('the batch to wait', async () => {
    const { rows } = await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query ilike '%commit_attempts%'`,
    );
    return rows.length > 0;
  });
  expect(new Set(await writes)).toEqual(new Set([expect.stringMatching(/terminat/)]));
  await other.query('rollback');
  await other.end();
  for (const [at, attempt] of attempts.entries()) expect(await typesOf(attempt)).toEqual(at ? [] : ['moved']);
});

test('no table is read from end to end, however small it was when the plans were made', async () => {
  const attempts = await begun(3);
  const whole: Decision = {
    ...{ stale: false, gone: false, outcome: true, end: 'watched', offer: true, paid: 'with', ordered: true },
    ...{
      settles: true,
      entries: 3,
      flags: true,
      intent: 'capture',
      fuse: 'charges',
      unknowns: true,
      renews: true,
    },
  };
  const batch = attempts.map((attempt, n) => ({ n, ...attempt, ...commitOf(attempt, whole) }));
  const worker = new pg.Client({ connectionString: scratch.url, options: '-c role=parker_worker' });
  await worker.connect();
  await worker.query('begin');
  await worker.query('select charge_fuse_for($1)', [JSON.stringify(batch)]);
  await worker.query(`select write_attempts($1, false, '{}')`, [JSON.stringify(batch)]);
  const { rows } = await worker.query(
    `select relname from pg_stat_xact_user_tables where seq_scan > 0 and relname not in ('fuse', 'fuse_minutes')`,
  );
  await worker.query('rollback');
  await worker.end();
  expect(rows).toEqual([]);
});
