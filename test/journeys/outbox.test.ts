import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { afterEach, expect, test } from 'vitest';
import type { Server } from '../../scripts/support/postgres.ts';
import { startRedis } from '../../scripts/support/redis.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { expectOneTicket } from '../support/ledger.ts';
import { startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';

let harness: Harness | undefined;
let redis: Server | undefined;
afterEach(async () => {
  await harness?.stop();
  await redis?.stop();
  [harness, redis] = [undefined, undefined];
});

/** A Parker on a Redis of its own, which the test may stop. */
async function withOwnRedis(queues?: []): Promise<{ harness: Harness; port: number }> {
  const port = await getPort();
  redis = await startRedis({ port });
  harness = await createHarness({ redisUrl: redis.url, ...(queues && { queues }) });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  return { harness, port };
}

test('with Redis stopped a trip is still taken, and searched and booked once Redis is back, empty', async () => {
  const { harness, port } = await withOwnRedis();
  const user = await harness.user();
  const request = await user.tripRequest();
  await redis?.stop();
  const reply = await user.call('POST', '/api/trips', request);
  expect(reply.status).toBe(202);
  expect((await user.read(reply.body.id)).outcome.code).toBe('waiting_for_first_search');
  const ready = await user.call('GET', '/readyz');
  expect([ready.status, ready.body.dependencies.redis]).toEqual([200, 'down']);
  redis = await startRedis({ port });
  await user.reaches(reply.body.id, 'BOOKED', 40_000);
  expectOneTicket(harness.sandbox);
}, 90_000);

test('a process killed between commit and publish loses nothing: the relay publishes what it left', async () => {
  const { harness, port } = await withOwnRedis([]);
  // This web process commits while Redis is away, and dies before it can publish.
  const web = await startRole('web', { ...harness.env, PORT: String(await getPort()) });
  const webUrl = `http://127.0.0.1:${/"port":(\d+)/.exec(web.output())?.[1]}`;
  const user = await harness.user();
  const request = await user.tripRequest();
  await redis?.stop();
  const reply = await fetch(`${webUrl}/api/trips`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  expect(reply.status).toBe(202);
  const { id } = (await reply.json()) as { id: string };
  web.child.kill('SIGKILL');
  await web.gone;
  const waiting = await harness.database.query('select id from outbox where published_at is null');
  expect(waiting.length).toBeGreaterThan(0);
  redis = await startRedis({ port });
  await harness.startWorkers(['search', 'book', 'notify']);
  await user.reaches(id, 'BOOKED', 40_000);
  await until(
    'the outbox to be empty',
    async () =>
      (await harness.database.query('select id from outbox where published_at is null')).length === 0,
  );
  await sleep(0);
  expectOneTicket(harness.sandbox);
}, 90_000);

test('all of Redis lost while trips are watched and booked: the sweep and the reconciler rebuild the work', async () => {
  const { harness, port } = await withOwnRedis();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '480.00', currency: 'GBP', refundable: true });
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'above_budget');
  await redis?.stop();
  redis = await startRedis({ port });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  await user.reaches(id, 'BOOKED', 40_000);
  expectOneTicket(harness.sandbox);
}, 90_000);
