import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';

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

/** As much of Redis as a lock asks for. */
export interface LockRedis {
  set(key: string, value: string, px: 'PX', ttlMs: number, nx: 'NX'): Promise<'OK' | null>;
  eval(script: string, keys: 1, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

export function createLocks(redis: LockRedis, prefix: string, clock: Pick<Clock, 'every'>): Locks {
  return {
    async hold(name, ttlMs, work) {
      const key = `${prefix}:lock:${name}`;
      const token = randomUUID();
      if ((await redis.set(key, token, 'PX', ttlMs, 'NX')) === null) return undefined;
      const endRenewal = clock.every(
        ttlMs / 3,
        () => void redis.eval(RENEW, 1, key, token, ttlMs).catch(() => undefined),
      );
      try {
        return await work();
      } finally {
        endRenewal();
        await redis.eval(RELEASE, 1, key, token).catch(() => undefined);
      }
    },
  };
}
