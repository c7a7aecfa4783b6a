import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { createAttemptStore } from '../../src/db/stores/attempts.ts';
import { createFuseStore } from '../../src/db/stores/fuse.ts';
import type { Attempt, AttemptOutcome, AttemptPatch, StepName } from '../../src/domain/attempt.ts';
import { Refused } from '../../src/errors.ts';
import type { AttemptEnd } from '../../src/ports/storage/attempts.ts';
import type { FuseLimits } from '../../src/ports/storage/fuse-check.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { bookingSaga } from '../../src/services/booking/saga.ts';
import { rearm } from '../../src/services/fuse/operate.ts';
import { openSession, type SagaSession } from '../../src/services/saga/session.ts';
import { claimedAttempts } from '../support/attempt-rows.ts';
import { offer, step } from '../support/attempts.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

describe.each([
  ['on connections of its own', false],
  ['as behind a pooler in transaction mode', true],
])('%s', (_where, pooled) => {
  let scratch: TestDatabase;
  let database: Database;
  let store: ReturnType<typeof createAttemptStore>;
  beforeAll(async () => {
    scratch = await createDatabase();
    database = openDatabase(scratch.url, 'parker_worker', { max: 12, pooled });
    store = createAttemptStore(database.db, { claimMs: CLAIM_MS });
  });
  afterAll(async () => {
    await database.close();
    await scratch.drop();
  });
  beforeEach(async () => {
    await scratch.query(`update fuse set state = 'armed', reason = null`);
    await scratch.query('truncate fuse_charges, fuse_minutes');
  });

  type Session = SagaSession<Attempt, StepName, AttemptPatch, AttemptEnd>;
  const CLAIM_MS = 20_000;
  const LOOSE: FuseLimits = {
    currency: 'GBP',
    spendPerHour: 1e9,
    bookingsPerMinute: 1e6,
    unknownsPerHour: 1e6,
    userSpendPerHour: 1e8,
    userBookingsPerHour: 1e5,
  };
  const portsOf = (fuse: Partial<FuseLimits> = {}): BookingPorts =>
    ({
      store,
      clock: systemClock,
      flagsOf: async () => ({}),
      alertFuse: async () => undefined,
      settings: {
        claimMs: CLAIM_MS,
        fuse: { ...LOOSE, ...fuse },
        schedule: { watchIntervalMs: 60_000, freshnessMs: 30_000 },
      },
    }) as unknown as BookingPorts;

  /** A worker takes the attempt, from whoever had it. */
  async function claim(id: string, fuse: Partial<FuseLimits> = {}): Promise<Session> {
    await scratch.query('update booking_attempts set lease_until = null where id = $1', [id]);
    const ports = portsOf(fuse);
    const rules = bookingSaga.rules(ports);
    const session = (await openSession<Attempt, StepName, AttemptPatch, AttemptEnd>(
      ports,
      rules,
      id,
    )) as Session;
    session.close();
    return session;
  }
  const priced = (attempt: Attempt, minor = 40_000): Attempt => ({
    ...attempt,
    offer: { ...offer(), price: { minor, currency: 'GBP' } },
  });
  const finish = (session: Session, attempt: Attempt, outcome: AttemptOutcome) =>
    session.finish(attempt, bookingSaga.endOf(attempt, outcome, portsOf()));
  const WATCHED = { code: 'x', message: 'words', to: 'watch' } as const;
  const compensated = (type?: 'payment.released' | 'payment.refunded'): AttemptOutcome => ({
    kind: 'compensated',
    compensation: WATCHED,
    events: type ? [{ type }] : [],
  });

  /** Sums in minor units: what the fuse holds against its bound, and what its charges say. */
  async function sums(): Promise<{ counted: number; charged: number }> {
    const [row] = await scratch.query<{ counted: string; charged: string }>(
      `select (select coalesce(sum(spent_minor), 0) from fuse_minutes)
          - (select coalesce(sum(minor), 0) from fuse_charges where counted and credited_at is not null) as counted,
        (select coalesce(sum(minor), 0) from fuse_charges where credited_at is null) as charged`,
    );
    return { counted: Number(row?.counted), charged: Number(row?.charged) };
  }

  const PATHS = [
    'declined',
    'not attempted',
    'unknown, then none',
    'held',
    'voided',
    'booked',
    'refunded',
    'a person',
  ] as const;

  /** What one attempt goes through. `taken` lists where its worker is replaced by another one. @returns what is reserved at its end */
  async function live(
    id: string,
    path: (typeof PATHS)[number],
    minor: number,
    taken: readonly boolean[],
  ): Promise<number> {
    let session = await claim(id);
    const take = async (at: number) => {
      if (taken[at]) session = await claim(id);
    };
    const now = () => priced(session.subject, minor);
    const record = (outcome: string) =>
      session.advance(now(), step('void', { recorded: { step: 'authorize', outcome } }));
    await take(0);
    await session.recordIntent(now(), 'authorize', {}, 'once');
    await take(1);
    // Whoever takes over finds the intent, and records the same.
    await session.recordIntent(now(), 'authorize', {}, 'once');
    const known = { declined: 'generic_decline', 'not attempted': 'not_attempted' } as Record<string, string>;
    await record(known[path] ?? (path === 'unknown, then none' ? 'unknown' : 'held'));
    await take(2);
    if (path === 'held') return minor;
    if (path === 'a person') {
      await finish(session, now(), { kind: 'human', code: 'x', message: 'words' });
      return minor;
    }
    if (path === 'booked') {
      const order = {
        orderId: `ord_${id}`,
        bookingReference: 'ABC234',
        total: { minor, currency: 'GBP' },
        ticketNumbers: ['1'],
      };
      await finish(session, { ...now(), order, paymentIntentId: `pi_${id}` }, { kind: 'booked' });
      return minor;
    }
    if (path === 'refunded') {
      await finish(session, now(), compensated('payment.refunded'));
      return minor;
    }
    await finish(session, now(), compensated(path === 'voided' ? 'payment.released' : undefined));
    return 0;
  }

  test('whatever many attempts go through at once, and whoever takes them over, what is charged is what is reserved', async () => {
    const attempt = fc.record({
      path: fc.constantFrom(...PATHS),
      minor: fc.integer({ min: 1, max: 90_000 }),
      taken: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 2, maxLength: 12 }), async (drawn) => {
        await scratch.query('truncate fuse_charges, fuse_minutes');
        const rows = await claimedAttempts(scratch, drawn.length + 1);
        const reserved = await Promise.all(
          drawn.map(({ path, minor, taken }, at) => live(rows[at]?.id as string, path, minor, taken)),
        );
        const sum = reserved.reduce((total, minor) => total + minor, 0);
        expect(await sums()).toEqual({ counted: sum, charged: sum });
        // The next charge takes out of the minutes what was credited, once.
        await live(rows.at(-1)?.id as string, 'held', 5, [false, false, false]);
        expect(await sums()).toEqual({ counted: sum + 5, charged: sum + 5 });
        const open = await scratch.query(
          'select from fuse_charges where counted and credited_at is not null',
        );
        expect(open).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  test('a worker that charges while another one ends the attempt leaves no charge behind', async () => {
    const rows = await claimedAttempts(scratch, 40);
    const results = await Promise.all(
      rows.map(async ({ id }) => {
        const late = await claim(id);
        const newest = await claim(id);
        return Promise.allSettled([
          late.recordIntent(priced(late.subject), 'authorize', {}, 'once'),
          finish(newest, newest.subject, compensated()),
        ]);
      }),
    );
    for (const [late, newest] of results)
      expect([late.status, newest.status]).toEqual(['rejected', 'fulfilled']);
    expect(await sums()).toEqual({ counted: 0, charged: 0 });
  });

  test('a charge whose commit got no further counts once when it is repeated', async () => {
    const [row] = await claimedAttempts(scratch, 1);
    const session = await claim(row?.id as string);
    const { id, epoch, userId } = session.subject;
    const charge = { minor: 40_000, currency: 'GBP', maxHour: 50_000, maxMinute: 10 };
    const batch = [{ n: 0, id, epoch, userId, intent: { step: 'authorize', tries: 1 }, charge }];
    for (let made = 0; made < 2; made += 1)
      expect(
        await scratch.query('select charge_attempts($1, false) as answer', [JSON.stringify(batch)]),
      ).toEqual([{ answer: { stops: {} } }]);
    expect(await sums()).toEqual({ counted: 40_000, charged: 40_000 });
    const intent = await session.recordIntent(priced(session.subject), 'authorize', {}, 'once');
    expect([intent.stop, await sums()]).toEqual([null, { counted: 40_000, charged: 40_000 }]);
    await finish(session, session.subject, compensated());
    expect(await sums()).toEqual({ counted: 0, charged: 0 });
  });

  test('a worker of the version before charges its own currency and credits nothing', async () => {
    const [row] = await claimedAttempts(scratch, 1);
    const { id, epoch, tripId, userId, correlationId } = (await claim(row?.id as string)).subject;
    const one = {
      ...{ n: 0, id, epoch, tripId, userId, correlationId, leaseMs: 20_000, attempt: {} },
      intent: { step: 'authorize', key: `${id}:authorize`, tries: 1, request: {} },
      charge: { minor: 90_000, currency: 'JPY', maxHour: 100_000, maxMinute: 10 },
    };
    const call = async (batch: unknown) => {
      const [answer] = await scratch.query<{ answers: { stop: string | null }[] }>(
        'call commit_attempts($1, false, null)',
        [JSON.stringify(batch)],
      );
      return answer?.answers[0]?.stop;
    };
    expect(await call([one])).toBeNull();
    expect(await call([{ ...one, intent: { ...one.intent, tries: 2 } }])).toBe('spend_per_hour');
  });

  test('a charge from before the fuse was rearmed is credited, and taken out of nothing', async () => {
    const rows = await claimedAttempts(scratch, 2);
    const before = await claim(rows[0]?.id as string);
    await before.recordIntent(priced(before.subject), 'authorize', {}, 'once');
    const fuse = createFuseStore(database);
    await fuse.transaction((trx) => trx.blow('test'));
    for (const who of ['ada', 'bob']) await rearm(fuse, who);
    await finish(before, before.subject, compensated());
    const after = await claim(rows[1]?.id as string);
    await after.recordIntent(priced(after.subject), 'authorize', {}, 'once');
    const minutes = await scratch.query<{ spent: string }>('select spent_minor as spent from fuse_minutes');
    expect(minutes.map(({ spent }) => Number(spent))).toEqual([40_000]);
  });

  test('one person does not rearm it, though the service forgot to ask', async () => {
    const fuse = createFuseStore(database);
    await fuse.transaction((trx) => trx.blow('test'));
    await rearm(fuse, 'ada');
    await expect(rearm(fuse, 'ada')).rejects.toThrow(Refused);
    expect(await fuse.transaction((trx) => trx.arm('ada'))).toBe(false);
    expect((await fuse.read()).state).toBe('blown');
    expect(await fuse.transaction((trx) => trx.arm('bob'))).toBe(true);
    // Nobody has asked: nobody can confirm.
    await fuse.transaction((trx) => trx.blow('test'));
    expect(await fuse.transaction((trx) => trx.arm('bob'))).toBe(false);
  });
});
