import getPort from 'get-port';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { QUEUE_NAMES } from '../../src/domain/queue-names.ts';
import { jobs } from '../../src/queues/index.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';

const AN_HOUR_MS = 3_600_000;

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());

test('every key of a queue carries its hash tag, so that a Redis Cluster spreads the queues', async () => {
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  const redis = new Redis(inject('redisUrl'));
  const keys = (await redis.keys(`*${harness.config.QUEUE_PREFIX}*`)).map(String);
  redis.disconnect();
  const queueKeys = keys.filter((key) => !/:(rate|lock|pace):/.test(key));
  const tags = new Set(queueKeys.map((key) => /^\{(.+?)\}:/.exec(key)?.[1]));
  expect([...tags].sort()).toEqual(
    QUEUE_NAMES.map((name) => `${harness.config.QUEUE_PREFIX}-${name}`).sort(),
  );
});

test('job ids say what they are for, and hold nothing BullMQ refuses', () => {
  const uuid = '6f1f77a0-5f6c-4c70-9f0f-0c2b9b1f0001';
  const ids = [
    jobs.search.jobId({ searchKey: 'abc', window: 7 }),
    jobs.book.jobId({ attemptId: uuid, tripId: uuid, number: 2 }),
    jobs.notify.jobId({ notificationId: uuid }),
    jobs.cleanup.jobId({ step: 'stale-offers', day: '2027-01-01' }),
    jobs.webhook.jobId({ provider: 'stripe', eventId: 'evt:1' }),
  ];
  expect(ids).toEqual([
    'search-abc-7',
    `book-${uuid}-2`,
    `notify-${uuid}`,
    'cleanup-stale-offers-2027-01-01',
    'webhook-stripe-evt_1',
  ]);
  for (const id of ids) expect(id).not.toMatch(/:|^\d+$/);
});

test('a newer payload is read; what no version can read is postponed for as long as a deploy lasts, then refused', async () => {
  const { search } = harness.web.publisher.queues;
  const newer = await search.add(
    'search',
    { searchKey: 'nobody', window: 1, ofTomorrow: true },
    { jobId: 'newer' },
  );
  await until('it to be done', async () => (await newer.getState()) === 'completed');
  for (const [name, data, reason] of [
    ['search', { window: 'soon' }, 'unreadable_payload'],
    ['dance', {}, 'unknown_job'],
  ] as const) {
    const young = await search.add(name, data, { jobId: `young-${name}`, attempts: 5 });
    await until('it to be laid back', async () => (await young.getState()) === 'delayed');
    const timestamp = Date.now() - AN_HOUR_MS;
    const job = await search.add(name, data, { jobId: `bad-${name}`, attempts: 5, timestamp });
    await until('it to fail', async () => (await job.getState()) === 'failed');
    const failed = await search.getJob(`bad-${name}`);
    expect([failed?.failedReason, failed?.attemptsMade]).toEqual([reason, 1]);
  }
});

test('a worker answers how it is on a port of its own', async () => {
  const port = await getPort();
  const worker = await startRole('worker', {
    ...harness.env,
    WORKER_PORT: String(port),
    WORKER_QUEUES: 'cleanup',
  });
  try {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { dependencies: { postgres: 'up', redis: 'up' } },
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/parker_queue_jobs\{queue="book",state="waiting"\} \d/);
    expect(metrics).toMatch(/parker_queue_oldest_seconds\{queue="search"\} \d/);
  } finally {
    worker.child.kill('SIGTERM');
    expect(await worker.gone).toEqual([0, null]);
  }
});
