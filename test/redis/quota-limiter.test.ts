import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, expect, inject, test } from 'vitest';
import { createQuotaLimiter, type QuotaLimiter } from '../../src/redis/quota-limiter.ts';

const redis = new Redis(inject('redisUrl'));
const prefixes: string[] = [];
afterAll(async () => {
  for (const prefix of prefixes) await redis.del(`{${prefix}:pace:duffel}`, `{${prefix}:pace:duffel}:flying`);
  redis.disconnect();
});

const WINDOW_MS = 60_000;
/** A provider adds this to the end of its window, as it rounds to whole seconds. */
const ROUNDED_MS = 1_000;

/** A provider that counts calls in windows of its own, as Duffel does, and a fleet on virtual time that asks all it may. */
async function fleet(options: {
  limit: number;
  workers: number;
  inFlight: number;
  minutes: number;
  latency: () => number;
}) {
  const prefix = `t-${randomUUID()}`;
  prefixes.push(prefix);
  let now = Date.parse('2026-03-01T00:00:00Z');
  const clock = { now: () => new Date(now) };
  const limiters: QuotaLimiter[] = Array.from({ length: options.workers }, () =>
    createQuotaLimiter(redis, prefix, clock),
  );
  const end = now + options.minutes * WINDOW_MS;
  const seen = { calls: 0, refused: 0 };
  let window = { resetAt: 0, used: 0 };
  const arrive = () => {
    if (now >= window.resetAt) window = { resetAt: now + WINDOW_MS, used: 0 };
    window.used += 1;
    seen.calls += 1;
    if (window.used > options.limit) seen.refused += 1;
    const resetAt = Math.floor(window.resetAt / 1_000) * 1_000 + ROUNDED_MS;
    return { limit: options.limit, remaining: Math.max(0, options.limit - window.used), resetAt };
  };
  /** What happens next: a call reaches the provider, or its answer the worker. */
  let coming: { at: number; happens: () => Promise<unknown> }[] = [];
  while (now < end) {
    let wait = 0;
    for (const limiter of limiters)
      for (
        let one = 0;
        coming.length < options.inFlight * options.workers && one < options.inFlight && !wait;
        one += 1
      ) {
        const permit = await limiter.acquire();
        wait = permit.waitMs;
        if (wait) break;
        coming.push({
          at: now + options.latency(),
          happens: async () => {
            const headers = arrive();
            coming.push({
              at: now + options.latency(),
              happens: () => limiter.recordQuota(headers).then(permit.release),
            });
          },
        });
      }
    coming = coming.sort((a, b) => a.at - b.at);
    const next = coming[0] && (!wait || coming[0].at <= now + wait) ? coming.shift() : undefined;
    now = next ? Math.max(now, next.at) : now + wait;
    await next?.happens();
  }
  return seen;
}

test('far below demand the fleet asks nearly all it may, and is refused less than once in a thousand', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 60, max: 200 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.integer({ min: 50, max: 900 })),
      async (limit, workers, latencies) => {
        const latency = () => latencies.next().value as number;
        const { calls, refused } = await fleet({ limit, workers, inFlight: 4, minutes: 6, latency });
        expect(refused / calls).toBeLessThan(0.001);
        expect(calls).toBeGreaterThan(0.75 * 6 * limit);
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

test('a provider that sets no limit is not limited; one that does says how many calls a period allows', async () => {
  const prefix = `t-${randomUUID()}`;
  prefixes.push(prefix);
  const now = new Date('2026-03-01T00:00:00Z');
  const limiter = createQuotaLimiter(redis, prefix, { now: () => now });
  expect((await limiter.acquire()).waitMs).toBe(0);
  expect(await limiter.callsIn(600_000)).toBeNull();
  await limiter.recordQuota({ limit: 60, remaining: 59, resetAt: now.getTime() + WINDOW_MS });
  expect(await limiter.callsIn(10 * WINDOW_MS)).toBe(540);
});
