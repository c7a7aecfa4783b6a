import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Compensation } from '../../src/domain/attempt.ts';
import { ATTEMPT_STORAGES, type AttemptStorage, offer, step, workersOn } from '../support/attempts.ts';

const FARE = { key: 'ZZ ZZ1@2099-01-01T09:00:00 economy', price: { minor: 39_900, currency: 'GBP' } };

describe.each(ATTEMPT_STORAGES)('what came of earlier attempts on $name', ({ open }) => {
  let storage: AttemptStorage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(() => storage.close());

  /** An attempt that asked for an authorization on this card, and what came of it. */
  async function attempted(card: string | undefined, outcome: string | null) {
    const { tripId, attemptId } = await storage.startAttempt();
    const held = await workersOn(storage).claim(attemptId);
    const attempt = { ...held.attempt, offer: offer() };
    await held.session.recordIntent(attempt, 'authorize', { ...FARE.price, card }, 'once');
    const recorded = outcome === null ? {} : { recorded: { step: 'authorize' as const, outcome } };
    const moved = await held.session.advance(
      attempt,
      step('settle', { patch: { offer: attempt.offer }, ...recorded }),
    );
    return { tripId, held: { attempt: moved, session: held.session } };
  }
  async function end(
    { attempt, session }: Awaited<ReturnType<typeof attempted>>['held'],
    rest: Partial<Compensation> = {},
  ): Promise<void> {
    const compensation: Compensation = { code: 'offer_gone', message: '', to: 'watch', ...rest };
    const moved = await session.advance(attempt, step('void', { patch: { compensation } }));
    await workersOn(storage).finish({ attempt: moved, session }, { kind: 'compensated', compensation });
  }
  const authorizationsOf = async (tripId: string) =>
    (await storage.history.authorizations([tripId])).get(tripId);

  test('a fare that failed is there once its attempt is over; other trips know nothing of it', async () => {
    const { tripId, held } = await attempted('pm', 'held');
    const other = await storage.startAttempt();
    expect(await storage.history.failedFares([tripId])).toEqual(new Map());
    await end(held, { failedFare: FARE });
    const failed = await storage.history.failedFares([tripId, other.tripId]);
    expect([...failed]).toEqual([[tripId, [{ ...FARE, at: expect.any(Date) }]]]);
    expect(await storage.history.failedFares([])).toEqual(new Map());
  });

  test('an attempt that ended for another reason left no failed fare', async () => {
    const { tripId, held } = await attempted('pm', 'held');
    await end(held);
    expect(await storage.history.failedFares([tripId])).toEqual(new Map());
  });

  test.each([
    { of: 'under way', outcome: 'held', over: false, expected: 'live' },
    { of: 'not answered yet', outcome: null, over: false, expected: 'live' },
    { of: 'that bought nothing', outcome: 'held', over: true, expected: 'unused' },
    { of: 'declined', outcome: 'generic_decline', over: true, expected: 'declined' },
  ])('an authorization $of is $expected', async ({ outcome, over, expected }) => {
    const { tripId, held } = await attempted('pm_own', outcome);
    if (over) await end(held);
    const past = (await authorizationsOf(tripId))?.past.filter((one) => one.tripId === tripId);
    expect(past).toEqual([
      { at: expect.any(Date), tripId, card: 'pm_own', amount: FARE.price, outcome: expected },
    ]);
  });

  test('one that was never asked for is none', async () => {
    const { tripId } = await attempted('pm_own', 'not_attempted');
    const { past = [] } = (await authorizationsOf(tripId)) ?? {};
    expect(past.map((one) => one.tripId)).not.toContain(tripId);
  });

  test('those of other trips on the same card count, and those of older versions by their trip', async () => {
    const { tripId } = await storage.startAttempt();
    const { card } = (await authorizationsOf(tripId)) ?? {};
    expect(card).toMatch(/^pm/);
    const other = await attempted(card ?? '', 'held');
    await attempted('pm_of_nobody', 'held');
    const old = await attempted(undefined, 'held');
    const past = (await authorizationsOf(tripId))?.past ?? [];
    expect(past.map((one) => one.tripId)).toContain(other.tripId);
    expect(past.map((one) => one.card)).not.toContain('pm_of_nobody');
    expect((await authorizationsOf(old.tripId))?.past).toContainEqual(
      expect.objectContaining({ tripId: old.tripId, card: null }),
    );
  });
});
