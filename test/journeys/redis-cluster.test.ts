import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisCluster, startCluster } from '../support/cluster.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { ledgerOf } from '../support/ledger.ts';

/**
 * A lost schedule is written again within ten seconds, a stalled worker restarted within nine; one may have to wait for the
 * other.
 */
const RECOVERED_MS = 45_000;
let cluster: RedisCluster;
let harness: Harness;
beforeAll(async () => {
  cluster = await startCluster();
  harness = await createHarness({ redisUrl: cluster.url });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
}, 60_000);
afterAll(async () => {
  await harness.stop();
  await cluster.stop();
});

const book = async (count: number): Promise<string[]> => {
  const user = await harness.user();
  const trips = await Promise.all(Array.from({ length: count }, () => user.trip()));
  await Promise.all(trips.map(({ id }) => user.reaches(id, 'BOOKED', RECOVERED_MS)));
  return trips.map(({ id }) => id);
};

test('on three masters trips are booked as on one, and the queues lie on more than one of them', async () => {
  await book(10);
  const keys = await cluster.keys();
  expect(keys.filter((count) => count > 0).length).toBeGreaterThan(1);
});

test('each master in turn is lost with all it held, and trips go on being booked, once each', async () => {
  const trips: string[] = [];
  for (const master of [0, 1, 2]) {
    await cluster.restart(master);
    trips.push(...(await book(3)));
  }
  const { orders } = ledgerOf(harness.sandbox);
  for (const id of trips) expect(orders.filter((order) => order.metadata.trip_id === id)).toHaveLength(1);
}, 180_000);
