import type { LockRedis } from '../src/redis/lock.ts';
import { demand } from './breach.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Key {
  value: string;
  until: number;
}

/** @param guard reports a lock that was freed or prolonged by one who did not hold it */
export function createRedis(time: VirtualTime, guard: (check: () => void) => void): LockRedis {
  const keys = new Map<string, Key>();
  const get = (name: string): Key | undefined => {
    const key = keys.get(name);
    return key && key.until > time.now ? key : undefined;
  };
  return {
    async set(name, value, _px, ttlMs) {
      if (get(name)) return null;
      keys.set(name, { value, until: time.now + ttlMs });
      return 'OK';
    },
    async eval(script, _count, ...words) {
      const [name, value, ttlMs] = [String(words[0]), words[1], Number(words[2])];
      const held = get(name);
      const asksForOwner = script.includes("redis.call('get', KEYS[1]) == ARGV[1]");
      if (!held || (asksForOwner && held.value !== value)) return 0;
      guard(() =>
        demand(held.value === value, 'L1', () => `${name} was touched by one who does not hold it`),
      );
      if (script.includes("'del'")) keys.delete(name);
      else held.until = time.now + ttlMs;
      return 1;
    },
  };
}
