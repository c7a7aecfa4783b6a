import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AttemptStore } from '../../src/ports/storage/attempts.ts';
import { ATTEMPT_STORAGES, type AttemptStorage, type Held, step, workersOn } from '../support/attempts.ts';

describe.each(ATTEMPT_STORAGES)('attempts and the fuse on $name', ({ open }) => {
  let storage: AttemptStorage;
  let store: AttemptStore;
  let workers: ReturnType<typeof workersOn>;
  beforeAll(async () => {
    storage = await open();
    store = storage.store;
    workers = workersOn(storage);
  });
  afterAll(() => storage.close());
  const ready: typeof workers.ready = (...args) => workers.ready(...args);

  test('with money for three, twenty authorizations at once get three intents and blow the fuse for orders too', async () => {
    await storage.arm();
    const tight = { spendPerHour: 1_200 };
    const all: Held[] = [];
    for (let made = 0; made < 20; made += 1) all.push(await ready(tight));
    const intents = await Promise.all(
      all.map(({ attempt, session }) => session.recordIntent(attempt, 'authorize', {}, 'once')),
    );
    expect(intents.filter(({ stop }) => stop === null)).toHaveLength(3);
    expect(intents.filter(({ stop }) => stop?.code === 'fuse_blown')).toHaveLength(17);
    for (const { attempt, session } of all.slice(0, 2)) {
      expect((await session.recordIntent(attempt, 'order', {}, 'once')).stop?.code).toBe('fuse_blown');
      // What must be undone or completed is never stopped.
      expect((await session.recordIntent(attempt, 'void', {}, 'again')).stop).toBeNull();
      expect((await session.recordIntent(attempt, 'capture', {}, 'again')).stop).toBeNull();
    }
    for (const { attempt } of all) await store.release(attempt);
    const known = await Promise.all(all.map(({ attempt }) => store.claim(attempt.id)));
    const recorded = known.filter((claim) => claim?.intents.some(({ step }) => step === 'authorize'));
    expect(recorded).toHaveLength(3);
    await storage.arm();
  });

  test('too many bookings a minute, and too many unknown outcomes, blow it as well', async () => {
    await storage.arm();
    const slow = { bookingsPerMinute: 1 };
    const stops = [];
    for (const { attempt, session } of [await ready(slow), await ready(slow), await ready(slow)])
      stops.push((await session.recordIntent(attempt, 'authorize', {}, 'once')).stop?.code ?? null);
    expect(stops.filter((code) => code === null).length).toBeLessThanOrEqual(2);
    expect(stops.at(-1)).toBe('fuse_blown');
    await storage.arm();
    const wary = { unknownsPerHour: 1 };
    for (const { attempt, session } of [await ready(wary), await ready(wary)]) {
      await session.recordIntent(attempt, 'order', {}, 'once');
      await session.advance(attempt, step('settle', { recorded: { step: 'order', outcome: 'unknown' } }));
    }
    const last = await ready(wary);
    expect((await last.session.recordIntent(last.attempt, 'order', {}, 'once')).stop?.code).toBe(
      'fuse_blown',
    );
    await storage.arm();
  });

  const authorize = async ({ attempt, session }: Held) =>
    (await session.recordIntent(attempt, 'authorize', {}, 'once')).stop?.code ?? null;
  const record = ({ attempt, session }: Held, outcome: string) =>
    session.advance(attempt, step('void', { recorded: { step: 'authorize', outcome } }));
  const WATCHED = { code: 'x', message: 'words', to: 'watch' } as const;
  const compensated = (held: Held, type?: 'payment.released' | 'payment.refunded') =>
    workers.finish(held, { kind: 'compensated', compensation: WATCHED, events: type ? [{ type }] : [] });
  /** Money for one booking of 400.00, not for two. */
  const forOne = { spendPerHour: 500 };

  test('what was declined, refused or not attempted is credited at once: a dozen of them leave room for one', async () => {
    await storage.arm();
    for (const outcome of ['generic_decline', 'StripeInvalidRequestError', 'not_attempted', 'voided']) {
      for (let made = 0; made < 3; made += 1) {
        const held = await ready(forOne);
        expect(await authorize(held)).toBeNull();
        await record(held, outcome);
      }
    }
    expect(await authorize(await ready(forOne))).toBeNull();
    expect(await authorize(await ready(forOne))).toBe('fuse_blown');
  });

  test('a try after one that was not attempted is charged by itself, and keeps its charge', async () => {
    await storage.arm();
    const held = await ready(forOne);
    expect(await authorize(held)).toBeNull();
    await held.session.advance(
      held.attempt,
      step('authorize', { recorded: { step: 'authorize', outcome: 'not_attempted' } }),
    );
    expect(await authorize(held)).toBeNull();
    expect(await authorize(await ready(forOne))).toBe('fuse_blown');
  });

  test('what is held, or may be, stays counted until it was voided or is known not to exist', async () => {
    for (const outcome of ['held', 'unknown']) {
      await storage.arm();
      const [first, second] = [await ready(forOne), await ready(forOne)];
      expect(await authorize(first)).toBeNull();
      await record(first, outcome);
      expect(await authorize(second)).toBe('fuse_blown');
      await storage.arm();
      const [third, fourth] = [await ready(forOne), await ready(forOne)];
      expect(await authorize(third)).toBeNull();
      await record(third, outcome);
      await compensated(third, 'payment.released');
      expect(await authorize(fourth)).toBeNull();
    }
  });

  test('what was captured stays counted for its hour, though it was refunded', async () => {
    await storage.arm();
    const held = await ready(forOne);
    expect(await authorize(held)).toBeNull();
    await record(held, 'held');
    await compensated(held, 'payment.refunded');
    expect(await authorize(await ready(forOne))).toBe('fuse_blown');
  });

  test("beyond a user's bounds that user waits, and nobody else", async () => {
    for (const bounds of [{ userSpendPerHour: 500 }, { userBookingsPerHour: 1 }]) {
      await storage.arm();
      const [ada, bob] = [randomUUID(), randomUUID()];
      const first = await ready(bounds, { who: ada });
      expect(await authorize(first)).toBeNull();
      expect(await authorize(await ready(bounds, { who: ada }))).toBe('user_limit');
      expect(await authorize(await ready(bounds, { who: bob }))).toBeNull();
      // What Ada has begun is completed.
      expect((await first.session.recordIntent(first.attempt, 'order', {}, 'once')).stop).toBeNull();
      const limits = { currency: 'GBP', maxMinor: 40_000, maxBookings: 2 };
      expect(await storage.fuse.userAtLimit(ada, limits)).toBe(true);
      expect(await storage.fuse.userAtLimit(ada, { ...limits, maxMinor: 40_001 })).toBe(false);
      expect(await storage.fuse.userAtLimit(ada, { ...limits, maxMinor: null, maxBookings: 1 })).toBe(true);
      expect(await storage.fuse.userAtLimit(ada, { ...limits, maxMinor: null, maxBookings: null })).toBe(
        false,
      );
      expect(await storage.fuse.userAtLimit(randomUUID(), limits)).toBe(false);
    }
  });

  test('a user with room in spend is credited, and not in the number of bookings', async () => {
    await storage.arm();
    const who = randomUUID();
    const bounds = { userSpendPerHour: 500, userBookingsPerHour: 3 };
    for (let made = 0; made < 3; made += 1) {
      const held = await ready(bounds, { who });
      expect(await authorize(held)).toBeNull();
      await record(held, 'generic_decline');
    }
    expect(await authorize(await ready(bounds, { who }))).toBe('user_limit');
  });

  test('won and yen count as what they are worth; a currency without a rate stops its own booking at most', async () => {
    await storage.arm();
    const bounds = { spendPerHour: 4_000 };
    const won = { minor: 1_200_000, currency: 'KRW' };
    const yen = { minor: 150_000, currency: 'JPY' };
    expect(await authorize(await ready(bounds, { price: won }))).toBeNull();
    expect(await authorize(await ready(bounds, { price: yen }))).toBeNull();
    const unrated = { minor: 90_000_000, currency: 'KPW' };
    expect(await authorize(await ready(bounds, { price: unrated }))).toBe('currency_limit');
    expect(await authorize(await ready(bounds))).toBeNull();
  });
});
