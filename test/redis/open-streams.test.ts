import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { createOpenStreams } from '../../src/redis/open-streams.ts';
import { until } from '../support/until.ts';

const redis = new Redis(inject('redisUrl'));
const prefix = `t-${randomUUID()}`;
afterAll(async () => {
  const left = await redis.keys(`${prefix}*`);
  redis.disconnect();
  expect(left).toEqual([]);
});

test('a user opens so many at once and no more; each that closes makes room for one, and others have their own', async () => {
  const streams = createOpenStreams(redis, { prefix, most: 3 });
  const opened = (await Promise.all(Array.from({ length: 10 }, () => streams.open('ada')))).filter(Boolean);
  expect(opened).toHaveLength(3);
  const bobs = await streams.open('bob');
  expect(bobs).toBeDefined();
  await opened[0]?.close();
  const again = await streams.open('ada');
  expect(again).toBeDefined();
  expect(await streams.open('ada')).toBeUndefined();
  for (const stream of [...opened, again, bobs]) await stream?.close();
});

test('streams of a process that was killed are forgotten, renewed ones are not', async () => {
  const streams = createOpenStreams(redis, { prefix, most: 2, forgetMs: 2_000 });
  const alive = await streams.open('cleo');
  await streams.open('cleo');
  const third = await until('the dead one to be forgotten', async () => {
    await alive?.renew();
    return streams.open('cleo');
  });
  expect(await streams.open('cleo')).toBeUndefined();
  await Promise.all([alive?.close(), third.close()]);
});

test('while Redis is down streams are opened all the same', async () => {
  const down = new Redis('redis://127.0.0.1:9', {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  down.on('error', () => undefined);
  const stream = await createOpenStreams(down, { prefix, most: 0 }).open('ada');
  await stream?.renew();
  await stream?.close();
  expect(stream).toBeDefined();
  down.disconnect();
});
