import { randomUUID } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';
import type { Locks } from '../ports/locks.ts';

/** Both scripts compare the token first: they delete or renew only a lock that the caller still holds. */
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;
const RENEW = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;

/** The Redis commands that a lock needs. */
export interface LockRedis {
  set(key: string, value: string, px: 'PX', ttlMs: number, nx: 'NX'): Promise<'OK' | null>;
  eval(script: string, keys: 1, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

/** Locks in Redis. @param prefix first part of every key */
export function createLocks(redis: LockRedis, prefix: string, clock: Pick<Clock, 'every'>): Locks {
  return {
    async withLock(name, ttlMs, work) {
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
