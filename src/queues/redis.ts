import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/**
 * A connection for asking: with Redis down a command fails at once, so that the API goes on answering and the outbox
 * keeps the job.
 */
export async function connectProducer(url: string, onError: (error: Error) => void): Promise<Redis> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false, retryStrategy });
  listen(redis, onError);
  await Promise.race([once(redis, 'ready').catch(() => undefined), sleep(BOOT_WAIT_MS)]);
  return redis;
}

/** How long a process waits for Redis when it starts; then it starts without. */
const BOOT_WAIT_MS = 2_000;

/** A connection for waiting: it outlives any outage. BullMQ's workers insist on `maxRetriesPerRequest: null`. */
export function connectWorker(url: string, onError: (error: Error) => void): Redis {
  return listen(new Redis(url, { maxRetriesPerRequest: null, retryStrategy }), onError);
}

/** Back after half a second at first, never more than two: a fleet should not need a minute to notice. */
const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);

function listen(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError);
  return redis;
}
