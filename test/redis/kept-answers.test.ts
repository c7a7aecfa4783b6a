import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { createKeptAnswers } from '../../src/redis/kept-answers.ts';

const redis = new Redis(inject('redisUrl'));
const prefix = `t-${randomUUID()}`;
const kept = createKeptAnswers(redis, prefix);
afterAll(async () => {
  const left = await redis.keys(`${prefix}*`);
  if (left.length) await redis.del(...left);
  redis.disconnect();
});

test('of many who want the same answer one asks; the next may once it was asked', async () => {
  const may = await Promise.all(Array.from({ length: 10 }, () => kept.mayAsk('one', 'ada')));
  expect(may.filter(Boolean)).toHaveLength(1);
  await kept.asked('one');
  expect(await kept.mayAsk('one', 'ada')).toBe(true);
});

test('a user asks so often in a minute and no more, whatever it is about; others are not concerned', async () => {
  const ask = (user: string) =>
    Promise.all(Array.from({ length: 20 }, (_, n) => kept.mayAsk(`${user}-${n}`, user)));
  expect((await ask('bob')).filter(Boolean)).toHaveLength(6);
  expect((await ask('cleo')).filter(Boolean)).toHaveLength(6);
});

test('while Redis is down nothing is found, and no vendor is asked', async () => {
  const down = new Redis('redis://127.0.0.1:9', {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  down.on('error', () => undefined);
  const none = createKeptAnswers(down, prefix);
  await none.keep('one', 'text');
  expect([await none.find('one'), await none.mayAsk('one', 'dora')]).toEqual([undefined, false]);
  await none.asked('one');
  down.disconnect();
});
