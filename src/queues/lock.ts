import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Deletes or renews only what the caller still owns. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;
const RENEW = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;

export interface Locks {
  /**
   * Runs `work` unless somebody else is at it. Such a lock only saves work: it may lapse under a slow holder, so what
   * must not happen twice is decided by Postgres.
   * @param ttlMs after which an abandoned lock frees itself; it is renewed while `work` runs
   * @returns undefined when the lock was taken
   */
  hold<T>(name: string, ttlMs: number, work: () => Promise<T>): Promise<T | undefined>;
}

export function createLocks(redis: Redis, prefix: string): Locks {
  return {
    async hold(name, ttlMs, work) {
      const key = `${prefix}:lock:${name}`;
      const token = randomUUID();
      if ((await redis.set(key, token, 'PX', ttlMs, 'NX')) === null) return undefined;
      const renewal = setInterval(
        () => void redis.eval(RENEW, 1, key, token, ttlMs).catch(() => undefined),
        ttlMs / 3,
      );
      try {
        return await work();
      } finally {
        clearInterval(renewal);
        await redis.eval(RELEASE, 1, key, token).catch(() => undefined);
      }
    },
  };
}
