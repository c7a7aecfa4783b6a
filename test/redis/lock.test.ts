import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { createLocks } from '../../src/redis/lock.ts';

const redis = new Redis(inject('redisUrl'));
const prefix = `t-${randomUUID()}`;
const locks = createLocks(redis, prefix, systemClock);
const key = (name: string) => `${prefix}:lock:${name}`;
afterAll(async () => {
  const left = await redis.keys(`${prefix}*`);
  redis.disconnect();
  expect(left).toEqual([]);
});

test('of many concurrent callers one works, the others are refused at once', async () => {
  let working = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, () =>
      locks.withLock('one', 1_000, async () => {
        working += 1;
        await sleep(30);
        return 'done';
      }),
    ),
  );
  expect(working).toBe(1);
  expect(results.filter((result) => result === 'done')).toHaveLength(1);
  expect(await redis.exists(key('one'))).toBe(0);
});

test('it is renewed while the work lasts, and freed when the work fails', async () => {
  const work = locks.withLock('long', 150, async () => {
    await sleep(500);
    return redis.exists(key('long'));
  });
  await sleep(300);
  expect(await locks.withLock('long', 150, async () => 'taken')).toBeUndefined();
  expect(await work).toBe(1);
  await expect(
    locks.withLock('fails', 1_000, async () => {
      throw new Error('failed');
    }),
  ).rejects.toThrow('failed');
  expect(await redis.exists(key('fails'))).toBe(0);
});

test('who lost a lock does not free its next owner', async () => {
  await locks.withLock('lost', 10_000, async () => {
    await redis.set(key('lost'), 'somebody else');
  });
  expect(await redis.get(key('lost'))).toBe('somebody else');
  await redis.del(key('lost'));
});
