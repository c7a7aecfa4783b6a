import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../sim/memory/attempts.ts';
import { Tables } from '../../sim/memory/tables.ts';
import { createMemoryWatch } from '../../sim/memory/watch.ts';
import { systemClock } from '../../src/clock.ts';
import { type Base, createBase } from '../../src/context/base.ts';
import type { FuseLimits } from '../../src/db/fuse.ts';
import type { Attempt, MoneyStep, Unwind } from '../../src/domain/attempt.ts';
import type { Ending } from '../../src/domain/attempt-change.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { Fenced } from '../../src/errors.ts';
import { beginBooking } from '../../src/services/booking/begin.ts';
import { type Claimed, hold } from '../../src/services/booking/claimed.ts';
import type { AttemptStore, Claim } from '../../src/services/booking/ports.ts';
import { createPostgresStore } from '../../src/services/booking/postgres-store.ts';
import { createHarness, type Harness } from '../support/harness.ts';

/** What the saga relies on, whichever storage it runs on: one suite for both, so that they can't drift apart. */
interface Storage {
  store(fuse?: Partial<FuseLimits>): AttemptStore;
  /** A trip being booked. @returns ids of trip and attempt */
  begin(): Promise<{ tripId: string; attemptId: string }>;
  /** As if the claim's worker had been silent for as long as it lasts. */
  lapse(attemptId: string): Promise<void>;
  tripStatus(tripId: string): Promise<string>;
  trail(tripId: string): Promise<string[]>;
  arm(): Promise<void>;
  close(): Promise<void>;
}

const LOOSE: FuseLimits = { spendPerHour: 1e9, bookingsPerMinute: 1e6, unknownsPerHour: 1e6 };
const offer = (): Offer => ({
  provider: 'duffel',
  offerId: `off_${randomUUID()}`,
  price: { minor: 40_000, currency: 'GBP' },
  expiresAt: null,
  airline: 'ZZ',
  airlineName: 'Duffel Airways',
  slices: [],
  passengers: [],
  checkedBags: 0,
  refundable: true,
  baseMinor: null,
  taxMinor: null,
});

async function onPostgres(): Promise<Storage> {
  const harness: Harness = await createHarness({ queues: [] });
  const base: Base = await createBase(harness.config, 'parker_worker');
  const { db } = base;
  const user = await harness.user();
  return {
    store: (fuse) =>
      createPostgresStore({ ...base, fuse: { ...LOOSE, ...fuse }, snapshotFlags: base.flags.snapshot }),
    async begin() {
      const { id: tripId } = await user.trip();
      const attemptId = await db.transaction().execute((trx) =>
        beginBooking(trx, {
          tripId,
          userId: user.sub,
          correlationId: 'contract',
          now: new Date(),
          wantedItinerary: null,
          selectedOfferId: 'off',
          actor: 'worker',
          detail: {},
        }),
      );
      return { tripId, attemptId: attemptId as string };
    },
    async lapse(attemptId) {
      await harness.database.query(
        `update booking_attempts set lease_until = now() - interval '1 second' where id = $1`,
        [attemptId],
      );
    },
    async tripStatus(tripId) {
      const [row] = await harness.database.query<{ s: string }>(
        'select auto_book_status s from trip_requests where id = $1',
        [tripId],
      );
      return row?.s ?? '';
    },
    async trail(tripId) {
      const rows = await harness.database.query<{ type: string }>(
        'select type from booking_audits where trip_id = $1 and attempt_id is not null order by seq',
        [tripId],
      );
      return rows.map(({ type }) => type);
    },
    async arm() {
      await harness.database.query(`update fuse set state = 'armed', reason = null`);
      await harness.database.query('delete from fuse_minutes');
    },
    async close() {
      await base.close();
      await harness.stop();
    },
  };
}

async function inMemory(): Promise<Storage> {
  let now = Date.now();
  const tables = new Tables({ now: () => now, newId: randomUUID });
  const watch = createMemoryWatch(tables);
  const cadence = { watchIntervalMs: 60_000, freshnessMs: 30_000 };
  return {
    store: (fuse) =>
      createMemoryStore(tables, { cadence, fuse: { ...LOOSE, ...fuse }, passengers: () => [] }),
    async begin() {
      const id = randomUUID();
      const mandate = { minor: 42_000, currency: 'GBP' };
      const outcome = { code: 'fits', message: '' };
      tables.trips.set(id, {
        id,
        userId: 'user',
        status: 'PENDING',
        outcome,
        searchKey: 'key',
        searchParams: {
          origin: 'LHR',
          destination: 'JFK',
          departureDate: '2099-01-01',
          returnDate: null,
          cabin: 'economy',
          passengers: [],
        },
        criteria: {},
        mandate,
        autoBook: true,
        selectedOfferId: null,
        nextCheckAt: now,
        watchUntil: now + 1e9,
        customerId: 'cus',
        paymentMethodId: 'pm',
        correlationId: 'contract',
      });
      const record = {
        maxPrice: { amount: '420.00', currency: 'GBP' },
        criteria: {},
        rules: { advancedFiltering: true, priceOptimization: true },
        chosen: null,
        offers: [],
      };
      const [trip] = await watch.awaiting('key', { limit: 1, afterId: null });
      if (!trip) throw new Error('nobody waits');
      await watch.begin(
        {
          trip: { ...trip, id },
          outcome,
          best: null,
          buy: null,
          selection: { chosen: null, verdicts: [] },
          record,
        },
        offer(),
        new Date(now),
      );
      return { tripId: id, attemptId: tables.liveAttempt(id)?.id as string };
    },
    async lapse() {
      now += 21_000;
    },
    tripStatus: async (tripId) => tables.trip(tripId).status,
    trail: async (tripId) =>
      tables.audits.filter((one) => one.tripId === tripId && one.attemptId).map(({ type }) => type),
    async arm() {
      Object.assign(tables.fuse, { reason: null, blownAt: null, begun: [], unknowns: [] });
    },
    close: async () => undefined,
  };
}

describe.each([
  { name: 'Postgres', open: onPostgres },
  { name: 'memory', open: inMemory },
])('attempts on $name', ({ open }) => {
  let storage: Storage;
  let store: AttemptStore;
  beforeAll(async () => {
    storage = await open();
    store = storage.store();
  });
  afterAll(() => storage.close());

  /** An attempt in a worker's hands. */
  interface Held {
    readonly attempt: Attempt;
    readonly claimed: Claimed;
  }
  const take = async (attemptId: string, from = store): Promise<Held> => {
    const claim = (await from.claim(attemptId)) as Claim;
    return { attempt: claim.attempt, claimed: hold(from, claim, systemClock) };
  };
  /** An attempt that has come as far as it needs to for this. */
  async function ready(from = store): Promise<Held> {
    const { attemptId } = await storage.begin();
    const { attempt, claimed } = await take(attemptId, from);
    const order = {
      orderId: `ord_${attempt.id}`,
      bookingReference: 'ABC234',
      total: offer().price,
      ticketNumbers: ['1'],
    };
    const moved = await claimed.move(attempt, {
      step: 'settle',
      patch: { offer: offer(), order, paymentIntentId: `pi_${attempt.id}` },
      events: [{ type: 'order.created' }],
    });
    return { attempt: moved, claimed };
  }

  test('one claim at a time; the next one has a higher epoch', async () => {
    const { attemptId } = await storage.begin();
    const first = await store.claim(attemptId);
    expect(first?.attempt).toMatchObject({
      id: attemptId,
      epoch: 1,
      step: 'reprice',
      status: 'PENDING',
      number: 1,
    });
    expect(first?.intents).toEqual([]);
    expect(await store.claim(attemptId)).toBeNull();
    await store.release((first as Claim).attempt);
    expect(await store.claim(attemptId)).toMatchObject({ attempt: { epoch: 2 } });
    expect(await store.claim(attemptId)).toBeNull();
    await storage.lapse(attemptId);
    expect(await store.claim(attemptId)).toMatchObject({ attempt: { epoch: 3 } });
    expect(await store.claim(randomUUID())).toBeNull();
  });

  test('of twenty claims at once one is given', async () => {
    const { attemptId } = await storage.begin();
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(attemptId)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  test('whatever an older epoch writes is refused and changes nothing', async () => {
    const { attempt, claimed } = await ready();
    await storage.lapse(attempt.id);
    const newer = (await store.claim(attempt.id)) as Claim;
    const trail = await storage.trail(attempt.tripId);
    const writes: (() => Promise<unknown>)[] = [
      () => store.renew(attempt),
      () => store.release(attempt),
      () => claimed.intend(attempt, 'capture', {}, 'again'),
      () => claimed.move(attempt, { step: 'void', events: [{ type: 'x' }] }),
      () => claimed.finish(attempt, { kind: 'booked' }),
      () => claimed.finish(attempt, { kind: 'human', code: 'x', message: '' }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(Fenced);
    expect(await storage.trail(attempt.tripId)).toEqual(trail);
    expect(await storage.tripStatus(attempt.tripId)).toBe('BOOKING');
    await storage.lapse(attempt.id);
    const next = await store.claim(attempt.id);
    expect(next?.attempt).toMatchObject({ step: 'settle', epoch: newer.attempt.epoch + 1 });
    expect(next?.intents).toEqual([]);
  });

  test('an intent is committed once; its key depends on attempt and step alone', async () => {
    let { attempt, claimed } = await ready();
    const intend = (step: MoneyStep, mode: 'once' | 'again') => claimed.intend(attempt, step, {}, mode);
    /** As the next worker finds it, and not as this one remembers it. */
    const handOver = async () => {
      await claimed.release(attempt);
      ({ attempt, claimed } = await take(attempt.id));
    };
    const settle = (outcome: string) =>
      claimed.move(attempt, { step: 'settle', settle: { step: 'order', outcome } });
    const key = `${attempt.id}:order`;
    expect(claimed.begun('order')).toBeNull();
    expect(await intend('order', 'once')).toMatchObject({ fresh: true, stop: null, key });
    expect(await intend('order', 'once')).toMatchObject({ fresh: false, outcome: null, key });
    await handOver();
    expect(await intend('order', 'once')).toMatchObject({ fresh: false, outcome: null, key });
    await settle('unknown');
    expect(await intend('order', 'once')).toMatchObject({ fresh: false, outcome: 'unknown' });
    await handOver();
    expect(claimed.begun('order')).toMatchObject({ outcome: 'unknown' });
    await settle('not_attempted');
    await handOver();
    expect(await intend('order', 'once')).toMatchObject({ fresh: true, key: `${key}:2` });
    expect(await intend('capture', 'again')).toMatchObject({ fresh: true, key: `${attempt.id}:capture` });
    await handOver();
    expect(await intend('capture', 'again')).toMatchObject({ fresh: true, key: `${attempt.id}:capture:2` });
    await handOver();
    expect(claimed.begun('order')).toMatchObject({ outcome: null });
    expect(claimed.begun('order')?.ageMs).toBeGreaterThanOrEqual(0);
    expect(claimed.begun('void')).toBeNull();
  });

  test('what is decided is there for the next worker, and on the trail in order', async () => {
    const { attempt, claimed } = await ready();
    const moved = await claimed.move(attempt, {
      step: 'void',
      patch: { unwind: { code: 'gone', message: 'gone', to: 'watch' } },
      events: [{ type: 'first' }, { type: 'second' }],
    });
    expect(moved).toMatchObject({ step: 'void', paymentIntentId: attempt.paymentIntentId });
    await claimed.move(moved, { step: 'void' });
    await claimed.release(moved);
    const next = await store.claim(attempt.id);
    expect(next?.attempt).toMatchObject({
      step: 'void',
      unwind: { code: 'gone' },
      order: attempt.order,
      offer: { price: offer().price },
    });
    expect(await storage.trail(attempt.tripId)).toEqual([
      'booking.started',
      'order.created',
      'first',
      'second',
      'booking.moved',
    ]);
  });

  test('an outcome waits for the next intent, and both commit together; handing over writes it too', async () => {
    const { attempt, claimed } = await ready();
    await claimed.intend(attempt, 'order', {}, 'once');
    const settled = { step: 'order' as const, outcome: 'created' };
    const moved = await claimed.move(attempt, {
      step: 'capture',
      settle: settled,
      events: [{ type: 'made' }],
    });
    expect(await storage.trail(attempt.tripId)).not.toContain('made');
    expect(claimed.begun('order')).toMatchObject({ outcome: 'created' });
    await claimed.intend(moved, 'capture', {}, 'again');
    expect(await storage.trail(attempt.tripId)).toContain('made');
    const last = await claimed.move(moved, { step: 'confirm', events: [{ type: 'paid' }] });
    await claimed.release(last);
    expect(await storage.trail(attempt.tripId)).toContain('paid');
    const next = (await store.claim(attempt.id)) as Claim;
    expect(next.attempt.step).toBe('confirm');
    expect(new Map(next.intents.map(({ step, outcome }) => [step, outcome]))).toEqual(
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
      all.map(({ attempt, claimed }, at) =>
        claimed.finish(attempt, at % 3 === 0 ? { kind: 'booked' } : undone('watch')),
      ),
    );
    expect(ends.map(({ status }) => status)).toEqual(
      all.map((_, at) => (at % 3 === 2 ? 'rejected' : 'fulfilled')),
    );
    for (const [at, { attempt }] of all.entries())
      expect(await storage.tripStatus(attempt.tripId)).toBe(['BOOKED', 'PENDING', 'BOOKING'][at % 3]);
  });

  const undone = (to: Unwind['to']): Ending => ({
    kind: 'undone',
    unwind: { code: 'gone', message: 'gone', to },
  });
  test.each<{ ending: Ending; trip: string; last: string }>([
    { ending: { kind: 'booked' }, trip: 'BOOKED', last: 'booking.confirmed' },
    { ending: undone('watch'), trip: 'PENDING', last: 'booking.undone' },
    { ending: undone('search'), trip: 'PENDING', last: 'booking.undone' },
    { ending: undone('failed'), trip: 'FAILED', last: 'booking.failed' },
    { ending: undone('cancelled'), trip: 'CANCELLED', last: 'booking.undone' },
    { ending: { kind: 'human', code: 'x', message: 'x' }, trip: 'BOOKING', last: 'booking.needs_human' },
  ])('an end of $trip is written once, whole', async ({ ending, trip, last }) => {
    const { attempt, claimed } = await ready();
    await claimed.finish(attempt, ending);
    expect(await storage.tripStatus(attempt.tripId)).toBe(trip);
    expect((await storage.trail(attempt.tripId)).at(-1)).toBe(last);
    await expect(claimed.finish(attempt, ending)).rejects.toThrow(Fenced);
    expect(await store.claim(attempt.id)).toBeNull();
  });

  test('with money for three, twenty authorisations at once get three intents and blow the fuse for orders too', async () => {
    await storage.arm();
    const tight = storage.store({ spendPerHour: 1_200 });
    const all: Held[] = [];
    for (let made = 0; made < 20; made += 1) all.push(await ready(tight));
    const intents = await Promise.all(
      all.map(({ attempt, claimed }) => claimed.intend(attempt, 'authorize', {}, 'once')),
    );
    expect(intents.filter(({ stop }) => stop === null)).toHaveLength(3);
    expect(intents.filter(({ stop }) => stop?.code === 'fuse_blown')).toHaveLength(17);
    for (const { attempt, claimed } of all.slice(0, 2)) {
      expect((await claimed.intend(attempt, 'order', {}, 'once')).stop?.code).toBe('fuse_blown');
      // What must be undone or completed is never stopped.
      expect((await claimed.intend(attempt, 'void', {}, 'again')).stop).toBeNull();
      expect((await claimed.intend(attempt, 'capture', {}, 'again')).stop).toBeNull();
    }
    for (const { attempt } of all) await store.release(attempt);
    const known = await Promise.all(all.map(({ attempt }) => store.claim(attempt.id)));
    const announced = known.filter((claim) => claim?.intents.some(({ step }) => step === 'authorize'));
    expect(announced).toHaveLength(3);
    await storage.arm();
  });

  test('too many bookings a minute, and too many unknown outcomes, blow it as well', async () => {
    await storage.arm();
    const slow = storage.store({ bookingsPerMinute: 1 });
    const stops = [];
    for (const { attempt, claimed } of [await ready(slow), await ready(slow), await ready(slow)])
      stops.push((await claimed.intend(attempt, 'authorize', {}, 'once')).stop?.code ?? null);
    expect(stops.filter((code) => code === null).length).toBeLessThanOrEqual(2);
    expect(stops.at(-1)).toBe('fuse_blown');
    await storage.arm();
    const wary = storage.store({ unknownsPerHour: 1 });
    for (const { attempt, claimed } of [await ready(wary), await ready(wary)]) {
      await claimed.intend(attempt, 'order', {}, 'once');
      await claimed.move(attempt, { step: 'settle', settle: { step: 'order', outcome: 'unknown' } });
    }
    const last = await ready(wary);
    expect((await last.claimed.intend(last.attempt, 'order', {}, 'once')).stop?.code).toBe('fuse_blown');
    await storage.arm();
  });
});
