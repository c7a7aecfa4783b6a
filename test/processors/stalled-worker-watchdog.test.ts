import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { createStalledWorkerCheck } from '../../src/processors/stalled-worker-watchdog.ts';

/** A queue that nobody works: what a worker's queue looks like from outside once the worker stands still. */
const queue = new Queue('book', {
  connection: { url: inject('redisUrl') },
  prefix: `{t-${randomBytes(5).toString('hex')}}`,
});
afterAll(async () => {
  await queue.obliterate({ force: true });
  await queue.close();
});

const LIMIT = 500;
let worker = { started: 0, full: false, restarts: 0 };
let look: () => Promise<void>;
beforeEach(async () => {
  await queue.drain();
  worker = { started: 0, full: false, restarts: 0 };
  look = createStalledWorkerCheck({
    handle: queue,
    limit: LIMIT,
    started: () => worker.started,
    full: () => worker.full,
    restart: async () => void (worker.restarts += 1),
  });
});

test('a worker that takes none of the waiting jobs is restarted, and again if that did not help', async () => {
  await queue.add('book', {});
  await look();
  expect(worker.restarts).toBe(0);
  await look();
  expect(worker.restarts).toBe(1);
  for (let more = 0; more < 4; more += 1) await look();
  expect(worker.restarts).toBe(3);
});

test('one that took something since the last look is left alone', async () => {
  await queue.add('book', {});
  for (; worker.started < 6; worker.started += 1) await look();
  expect(worker.restarts).toBe(0);
});

test.each([
  ['nothing waits', async () => undefined],
  ['it has all it may hold', async () => void (worker.full = true)],
  ['the queue is paused', () => queue.pause()],
  ['the whole queue waits for a vendor', () => queue.rateLimit(60_000)],
])('nothing is wrong while %s', async (what, arrange) => {
  if (what !== 'nothing waits') await queue.add('book', {});
  await arrange();
  for (let looks = 0; looks < 5; looks += 1) await look();
  expect(worker.restarts).toBe(0);
  await queue.resume();
  await queue.removeRateLimitKey();
});
