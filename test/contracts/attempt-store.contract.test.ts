import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attempt, AttemptOutcome, Compensation } from '../../src/domain/attempt.ts';
import type { IntentStep } from '../../src/domain/saga.ts';
import { Fenced } from '../../src/errors.ts';
import type { AttemptStore } from '../../src/ports/storage/attempts.ts';
import type { Claim } from '../../src/ports/storage/saga.ts';
import {
  ATTEMPT_STORAGES,
  type AttemptStorage,
  event,
  type Held,
  offer,
  step,
  workersOn,
} from '../support/attempts.ts';

describe.each(ATTEMPT_STORAGES)('attempts on $name', ({ open }) => {
  let storage: AttemptStorage;
  let store: AttemptStore;
  let workers: ReturnType<typeof workersOn>;
  beforeAll(async () => {
    storage = await open();
    store = storage.store;
    workers = workersOn(storage);
  });
  afterAll(() => storage.close());
  const claim: typeof workers.claim = (...args) => workers.claim(...args);
  const finish: typeof workers.finish = (...args) => workers.finish(...args);
  const ready: typeof workers.ready = (...args) => workers.ready(...args);

  test('one claim at a time; the next one has a higher epoch', async () => {
    const { attemptId } = await storage.startAttempt();
    const first = await store.claim(attemptId);
    expect(first?.subject).toMatchObject({
      id: attemptId,
      epoch: 1,
      step: 'reprice',
      status: 'PENDING',
      number: 1,
    });
    expect(first?.intents).toEqual([]);
    expect(await store.claim(attemptId)).toBeNull();
    await store.release((first as Claim<Attempt>).subject);
    expect(await store.claim(attemptId)).toMatchObject({ subject: { epoch: 2 } });
    expect(await store.claim(attemptId)).toBeNull();
    await storage.lapse(attemptId);
    expect(await store.claim(attemptId)).toMatchObject({ subject: { epoch: 3 } });
    expect(await store.claim(randomUUID())).toBeNull();
  });

  test('of twenty claims at once one is given', async () => {
    const { attemptId } = await storage.startAttempt();
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(attemptId)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  test('whatever an older epoch writes is refused and changes nothing', async () => {
    const { attempt, session } = await ready();
    await storage.lapse(attempt.id);
    const newer = (await store.claim(attempt.id)) as Claim<Attempt>;
    const auditLog = await storage.auditLog(attempt.tripId);
    const writes: (() => Promise<unknown>)[] = [
      () => store.renew(attempt),
      () => store.release(attempt),
      () => session.recordIntent(attempt, 'capture', {}, 'again'),
      () => session.advance(attempt, step('void', { events: [event('x')] })),
      () => finish({ attempt, session }, { kind: 'booked' }),
      () => finish({ attempt, session }, { kind: 'human', code: 'x', message: '' }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(Fenced);
    expect(await storage.auditLog(attempt.tripId)).toEqual(auditLog);
    expect(await storage.tripStatus(attempt.tripId)).toBe('BOOKING');
    await storage.lapse(attempt.id);
    const later = await store.claim(attempt.id);
    expect(later?.subject).toMatchObject({ step: 'settle', epoch: newer.subject.epoch + 1 });
    expect(later?.intents).toEqual([]);
  });

  test('an intent is committed once; its key depends on attempt and step alone', async () => {
    let { attempt, session } = await ready();
    const record = (step: IntentStep, mode: 'once' | 'again') =>
      session.recordIntent(attempt, step, {}, mode);
    /** As the next worker finds it, and not as this one remembers it. */
    const handOver = async () => {
      await session.release(attempt);
      ({ attempt, session } = await claim(attempt.id));
    };
    const close = (outcome: string) =>
      session.advance(attempt, step('settle', { recorded: { step: 'order', outcome } }));
    const key = `${attempt.id}:order`;
    expect(session.findIntent('order')).toBeNull();
    expect(await record('order', 'once')).toMatchObject({ fresh: true, stop: null, key });
    expect(await record('order', 'once')).toMatchObject({ fresh: false, outcome: null, key });
    await handOver();
    expect(await record('order', 'once')).toMatchObject({ fresh: false, outcome: null, key });
    await close('unknown');
    expect(await record('order', 'once')).toMatchObject({ fresh: false, outcome: 'unknown' });
    await handOver();
    expect(session.findIntent('order')).toMatchObject({ outcome: 'unknown' });
    await close('not_attempted');
    await handOver();
    expect(await record('order', 'once')).toMatchObject({ fresh: true, key: `${key}:2` });
    expect(await record('capture', 'again')).toMatchObject({ fresh: true, key: `${attempt.id}:capture` });
    await handOver();
    expect(await record('capture', 'again')).toMatchObject({ fresh: true, key: `${attempt.id}:capture:2` });
    await handOver();
    expect(session.findIntent('order')).toMatchObject({ outcome: null });
    expect(session.findIntent('order')?.ageMs).toBeGreaterThanOrEqual(0);
    expect(session.findIntent('void')).toBeNull();
  });

  test('what is decided is there for the next worker, and in the audit log in order', async () => {
    const { attempt, session } = await ready();
    const moved = await session.advance(
      attempt,
      step('void', {
        patch: { compensation: { code: 'gone', message: 'gone', to: 'watch' } },
        events: [event('first'), event('second')],
      }),
    );
    expect(moved).toMatchObject({ step: 'void', paymentIntentId: attempt.paymentIntentId });
    await session.advance(moved, step('void', {}));
    await session.release(moved);
    const later = await store.claim(attempt.id);
    expect(later?.subject).toMatchObject({
      step: 'void',
      compensation: { code: 'gone' },
      order: attempt.order,
      offer: { price: offer().price },
    });
    expect(await storage.auditLog(attempt.tripId)).toEqual([
      'booking.started',
      'order.created',
      'first',
      'second',
      'booking.moved',
    ]);
  });

  test('an outcome waits for the next intent, and both commit together; handing over writes it too', async () => {
    const { attempt, session } = await ready();
    await session.recordIntent(attempt, 'order', {}, 'once');
    const settled = { step: 'order' as const, outcome: 'created' };
    const moved = await session.advance(
      attempt,
      step('capture', {
        recorded: settled,
        events: [event('made')],
      }),
    );
    expect(await storage.auditLog(attempt.tripId)).not.toContain('made');
    expect(session.findIntent('order')).toMatchObject({ outcome: 'created' });
    await session.recordIntent(moved, 'capture', {}, 'again');
    expect(await storage.auditLog(attempt.tripId)).toContain('made');
    const last = await session.advance(moved, step('confirm', { events: [event('paid')] }));
    await session.release(last);
    expect(await storage.auditLog(attempt.tripId)).toContain('paid');
    const later = (await store.claim(attempt.id)) as Claim<Attempt>;
    expect(later.subject.step).toBe('confirm');
    expect(new Map(later.intents.map(({ step, outcome }) => [step, outcome]))).toEqual(
      new Map([
        ['order', 'created'],
        ['capture', null],
      ]),
    );
  });

  test('attempts that end in the same moment each end their own way; one past its epoch costs the others nothing', async () => {
    const all: Held[] = [];
    for (let made = 0; made < 9; made += 1) all.push(await ready());
    const stale = all.filter((_, at) => at % 3 === 2);
    for (const { attempt } of stale) {
      await storage.lapse(attempt.id);
      await store.claim(attempt.id);
    }
    const ends = await Promise.allSettled(
      all.map(({ attempt, session }, at) =>
        finish({ attempt, session }, at % 3 === 0 ? { kind: 'booked' } : compensated('watch')),
      ),
    );
    expect(ends.map(({ status }) => status)).toEqual(
      all.map((_, at) => (at % 3 === 2 ? 'rejected' : 'fulfilled')),
    );
    for (const [at, { attempt }] of all.entries())
      expect(await storage.tripStatus(attempt.tripId)).toBe(['BOOKED', 'PENDING', 'BOOKING'][at % 3]);
  });

  const compensated = (to: Compensation['to']): AttemptOutcome => ({
    kind: 'compensated',
    compensation: { code: 'gone', message: 'gone', to },
  });
  test.each<{ ending: AttemptOutcome; trip: string; last: string }>([
    { ending: { kind: 'booked' }, trip: 'BOOKED', last: 'booking.confirmed' },
    { ending: compensated('watch'), trip: 'PENDING', last: 'booking.undone' },
    { ending: compensated('search'), trip: 'PENDING', last: 'booking.undone' },
    { ending: compensated('failed'), trip: 'FAILED', last: 'booking.failed' },
    { ending: compensated('cancelled'), trip: 'CANCELLED', last: 'booking.undone' },
    { ending: { kind: 'human', code: 'x', message: 'x' }, trip: 'BOOKING', last: 'booking.needs_human' },
  ])('an end of $trip is written once, whole', async ({ ending, trip, last }) => {
    const { attempt, session } = await ready();
    await finish({ attempt, session }, ending);
    expect(await storage.tripStatus(attempt.tripId)).toBe(trip);
    expect((await storage.auditLog(attempt.tripId)).at(-1)).toBe(last);
    await expect(finish({ attempt, session }, ending)).rejects.toThrow(Fenced);
    expect(await store.claim(attempt.id)).toBeNull();
  });
});
