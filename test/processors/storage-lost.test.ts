import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterEach, expect, inject, test } from 'vitest';
import { StorageUnavailable } from '../../src/errors.ts';
import type { Handlers } from '../../src/processors/handler.ts';
import { createRunner, type Runner } from '../../src/processors/runner.ts';
import { queuePrefix } from '../../src/queues/contract.ts';
import { connectWorker, type RedisClient } from '../../src/redis/connections.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from '../support/until.ts';

const prefix = `t-${randomBytes(5).toString('hex')}`;
let redis: RedisClient;
let runner: Runner;
let queue: Queue;
afterEach(async () => {
  await runner.close(5_000);
  await queue.obliterate({ force: true });
  await queue.close();
  redis.disconnect();
});

test('a job that loses storage waits and runs again: it spends no attempt, and nothing is reported', async () => {
  redis = await connectWorker(inject('redisUrl'), () => undefined);
  queue = new Queue('cleanup', { connection: redis, prefix: queuePrefix(prefix, 'cleanup') });
  let runs = 0;
  const reported: unknown[] = [];
  runner = createRunner('cleanup', {
    handlers: {
      cleanup: async () => {
        runs += 1;
        if (runs < 3) throw new StorageUnavailable();
        return { kind: 'done' };
      },
    } as unknown as Handlers,
    flags: {
      queueStopped: async () => false,
      bookingStop: async () => null,
      isOn: async () => true,
      snapshot: async () => ({}),
    },
    log: createLogger('silent', 'worker'),
    report: (error) => reported.push(error),
    metrics: { observe: () => undefined },
    redis,
    prefix,
    claimMs: 2_000,
    handle: queue,
  });
  // One attempt is all it has.
  const job = await queue.add('cleanup', { step: 'all' }, { jobId: 'cleanup-all-today', attempts: 1 });
  await until('the job to be done', async () => (await job.getState()) === 'completed');
  expect(runs).toBe(3);
  expect((await queue.getJob('cleanup-all-today'))?.attemptsMade).toBe(1);
  expect(reported).toEqual([]);
});
