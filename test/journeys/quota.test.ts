import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

const TRIPS = 60;
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { duffelRateLimit: 30, duffelWindowMs: 3_000 } });
  await harness.startWorkers(['search']);
});
afterAll(() => harness.stop());

test('with a quota for half of them, two workers look at sixty routes without being turned away', async () => {
  const user = await harness.user();
  for (let n = 0; n < TRIPS; n += 1) {
    const day = new Date(Date.now() + (20 + n) * 86_400_000).toISOString().slice(0, 10);
    await user.trip({ departureDate: day, autoBook: false, maxPrice: { amount: '1.00', currency: 'GBP' } });
  }
  await until(
    'every trip to be looked at',
    async () => {
      const [row] = await harness.database.query<{ unseen: number }>(
        `select count(*)::int as unseen from trip_requests where last_checked_at is null`,
      );
      return row?.unseen === 0;
    },
    40_000,
  );
  const calls = harness.sandbox.world.calls.filter(({ target }) => target === 'duffel.offer_requests.create');
  expect(calls.length).toBeGreaterThanOrEqual(TRIPS);
  expect(calls.filter(({ status }) => status === 429)).toEqual([]);
}, 60_000);
