import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { type AttemptCommit, toBatchRow } from '../../src/db/commit-attempts.ts';
import { createAttemptStore } from '../../src/db/stores/attempts.ts';
import type { EventType } from '../../src/domain/event-types.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { Fenced } from '../../src/errors.ts';
import { claimedAttempts, storedState } from '../support/attempt-rows.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

let scratch: TestDatabase;
let database: Database;
let store: ReturnType<typeof createAttemptStore>;
beforeAll(async () => {
  scratch = await createDatabase();
  database = openDatabase(scratch.url, 'parker_worker', { max: 12 });
  store = createAttemptStore(database.db, { claimMs: LEASE_MS });
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

type Attempt = AttemptCommit['attempt'];
type Write = AttemptCommit['write'];

/** A claim's usual life, in ms. */
const LEASE_MS = 20_000;
const commit = (attempt: Attempt, write: Write) => store.commit(attempt as never, write);

const insertClaimedAttempts = (count: number) => claimedAttempts(scratch, count);
const stateOf = (attempt: Attempt) => storedState(scratch, attempt);

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
});
type Decision = typeof decision extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function writeOf(attempt: Attempt, drawn: Decision): Write {
  const { id, userId, tripId, correlationId } = attempt;
  const { end } = drawn;
  const outcome = { code: 'x', message: 'words' };
  const price = { minor: 39_900, currency: 'GBP' };
  const job = (name: string, jobId: string) => ({
    queue: name,
    name,
    jobId,
    payload: { of: id },
    correlationId,
    runAt: null,
  });
  const notification = (kind: 'ops_alert' | 'booking_failed') => ({
    id: randomUUID(),
    userId,
    tripId,
    kind,
    dedupeKey: `${kind}:${id}`,
    data: { kind },
    correlationId,
    job: job('notify', `${kind}-${id}`),
  });
  const to = end === 'booked' ? 'BOOKED' : end === 'watched' ? 'PENDING' : 'BOOKING';
  const offer = { offerId: `off_${id}`, price } as Offer;
  const order = { orderId: `ord_${id}`, bookingReference: 'ABC234', total: price, ticketNumbers: ['1'] };
  return {
    patch: {
      step: end === 'booked' ? 'done' : 'capture',
      ...(drawn.offer && { offer }),
      ...(drawn.paid && { paymentIntentId: `pi_${id}` }),
      ...(drawn.paid === 'without' && { captureBefore: null }),
      ...(drawn.paid === 'with' && { captureBefore: new Date(4e12) }),
      ...(drawn.ordered && { order }),
      ...(end === 'booked' && { status: 'SUCCESS' as const }),
      ...(end === 'human' && { status: 'NEEDS_HUMAN' as const, errorCode: 'x', errorMessage: 'words' }),
    },
    outcomes: drawn.settles ? [{ step: 'order', outcome: 'created', result: { id } }] : [],
    events: Array.from({ length: drawn.entries }, (_, nth) => ({
      type: `entry-${nth}` as EventType,
      ...(nth !== 1 && { detail: { nth } }),
      ...(nth === 2 && { evidence: { offers: [id] } }),
    })),
    ...(drawn.flags && { flags: { on: true } }),
    ...(drawn.outcome && { tripOutcome: outcome }),
    ...(drawn.intent && {
      intent: { step: drawn.intent, key: `${id}:${drawn.intent}:2`, tries: 2, request: { id } },
    }),
    fuse: {
      ...(drawn.fuse === 'asks' && { requiresArmed: true as const }),
      ...(drawn.fuse === 'charges' && {
        charge: {
          amount: { minor: 1, currency: 'GBP' },
          rated: true,
          maxMinorPerHour: 1e12,
          maxPerMinute: 1e9,
          maxMinorPerUserHour: 1e12,
          maxPerUserHour: 1e9,
        },
      }),
      ...(drawn.unknowns && { maxUnknownPerHour: 1e9 }),
    },
    ...(end && {
      end: {
        trip: {
          // A trip that has moved on meanwhile stays where it is, and no mail is sent.
          from: drawn.gone ? ['CANCELLED'] : ['BOOKING'],
          to,
          outcome,
          ...(end === 'booked' && { selectedOfferId: `off_${id}` }),
          ...(end === 'watched' && { selectedOfferId: null, nextCheckAt: new Date(4e12) }),
        },
        notifications: end === 'human' ? [notification('ops_alert')] : [],
        whenTripMoved: {
          notifications: [notification('booking_failed')],
          jobs: end === 'watched' ? [job('search', `s-${id}`)] : [],
        },
        ...(end === 'booked' && {
          booking: {
            provider: 'duffel',
            orderId: `ord_${id}`,
            paymentIntentId: `pi_${id}`,
            bookingReference: 'ABC234',
            price,
            ticketNumbers: ['1', '2'],
            itinerary: [],
          },
        }),
      },
    }),
  };
}

const resultOf = (write: Promise<unknown>) =>
  write.catch((error: Error) => (error instanceof Fenced ? 'fenced' : error.message));

test('whatever is written together leaves what it leaves when each is written alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(decision, { minLength: 2, maxLength: 12 }), async (drawn) => {
      const [together, alone] = [
        await insertClaimedAttempts(drawn.length),
        await insertClaimedAttempts(drawn.length),
      ];
      const write = (attempts: Attempt[], at: number) => {
        const attempt = attempts[at] as Attempt;
        const one = drawn[at] as Decision;
        return resultOf(commit({ ...attempt, epoch: one.stale ? 0 : 1 }, writeOf(attempt, one)));
      };
      const answers = await Promise.all(drawn.map((_, at) => write(together, at)));
      for (const at of drawn.keys()) {
        expect(await write(alone, at)).toEqual(answers[at]);
        expect(answers[at] === 'fenced').toBe(drawn[at]?.stale);
        expect(await stateOf(together[at] as Attempt)).toEqual(await stateOf(alone[at] as Attempt));
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

const moved: EventType = 'booking.moved';
const plain: Write = { patch: { step: 'capture' }, outcomes: [], events: [{ type: moved }] };
const cancelled: Write = {
  ...plain,
  end: {
    trip: { from: ['BOOKING'], to: 'PENDING', outcome: { code: 'x', message: '' } },
    notifications: [],
  },
};
const typesOf = async ({ tripId }: Attempt) =>
  (
    await scratch.query<{ type: string }>('select type from booking_audits where trip_id = $1 order by seq', [
      tripId,
    ])
  ).map(({ type }) => type);

test('one that breaks a rule is refused, and the others are written', async () => {
  const attempts = await insertClaimedAttempts(8);
  const offer = (id: string): Write => ({
    ...plain,
    patch: { step: 'authorize', offer: { offerId: id, price: { minor: 1, currency: 'GBP' } } as Offer },
  });
  const results = await Promise.all(
    attempts.map((attempt, at) =>
      resultOf(commit(attempt, offer(at < 3 ? 'off_wanted_by_three' : attempt.id))),
    ),
  );
  const refused = results.filter((result) => /booking_attempts_one_per_offer/.test(String(result)));
  expect(refused).toHaveLength(2);
  for (const [at, attempt] of attempts.entries())
    expect(await typesOf(attempt)).toEqual(refused.includes(results[at]) ? [] : [moved]);
});

test('a commit whose trip is locked waits, the rest of its batch does not', async () => {
  const [held, ...others] = (await insertClaimedAttempts(6)) as [Attempt, ...Attempt[]];
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
  expect(await typesOf(held)).toEqual([moved]);
});

test('a batch with an unknown result is not repeated', async () => {
  const attempts = (await insertClaimedAttempts(5)) as [Attempt, ...Attempt[]];
  const other = new pg.Client({ connectionString: scratch.url });
  await other.connect();
  await commit(attempts[0], plain);
  await other.query('begin');
  await other.query('select from audit_heads where chain = $1 for update', [attempts[0].tripId]);
  const writes = Promise.all(attempts.map((attempt) => resultOf(commit(attempt, plain))));
  await until('the batch to wait', async () => {
    const { rows } = await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query ilike '%commit_attempts%'`,
    );
    return rows.length > 0;
  });
  expect(new Set(await writes)).toEqual(new Set(['storage does not answer']));
  await other.query('rollback');
  await other.end();
  for (const [at, attempt] of attempts.entries()) expect(await typesOf(attempt)).toEqual(at ? [] : [moved]);
});

test('no table is read from end to end, however small it was when the plans were made', async () => {
  const attempts = await insertClaimedAttempts(3);
  const whole: Decision = {
    stale: false,
    gone: false,
    outcome: true,
    end: 'watched',
    offer: true,
    paid: 'with',
    ordered: true,
    settles: true,
    entries: 3,
    flags: true,
    intent: 'capture',
    fuse: 'charges',
    unknowns: true,
  };
  const batch = attempts.map((attempt, n) =>
    toBatchRow({ attempt, write: writeOf(attempt, whole), leaseMs: LEASE_MS }, n),
  );
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
