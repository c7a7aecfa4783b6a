import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { standstillOf } from '../../src/processors/standstill.ts';

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
let worker = { begun: 0, full: false, restarts: 0 };
let look: () => Promise<void>;
beforeEach(async () => {
  await queue.drain();
  worker = { begun: 0, full: false, restarts: 0 };
  look = standstillOf({
    handle: queue,
    limit: LIMIT,
    begun: () => worker.begun,
    full: () => worker.full,
    restart: async () => void (worker.restarts += 1),
  });
});

test('a worker that takes none of the jobs that wait is begun anew, and again if that did not help', async () => {
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
  for (; worker.begun < 6; worker.begun += 1) await look();
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
