import type { KeptAnswers } from '../ports/kept-answers.ts';

/** An answer that nobody has read for so long, in ms, is not needed. */
const KEPT_MS = 24 * 3_600_000;
/** Longer than vendors' SDKs wait with all retries, in ms: by then whoever asked has died. */
const ASKING_MS = 90_000;
/** Vendors are asked for one user this often in a minute: Duffel's quota is for bookings and searches. */
const QUESTIONS_PER_MINUTE = 6;
const MINUTE_MS = 60_000;

/** Counts a question in the user's window, which begins with the first. */
const COUNT = `
local count = redis.call('incr', KEYS[1])
if count == 1 then redis.call('pexpire', KEYS[1], ARGV[1]) end
return count`;

/** The Redis commands that keeping needs. */
export interface KeptRedis {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, px: 'PX', ttlMs: number): Promise<unknown>;
  set(key: string, value: string, px: 'PX', ttlMs: number, nx: 'NX'): Promise<'OK' | null>;
  del(key: string): Promise<number>;
  eval(script: string, keys: 1, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

/** Keeps answers in Redis. While it is down none is found, and no vendor is asked. */
export function createKeptAnswers(redis: KeptRedis, prefix: string): KeptAnswers {
  const answer = (key: string) => `${prefix}:kept:${key}`;
  const asking = (key: string) => `${prefix}:asking:${key}`;
  return {
    find: (key) =>
      redis.get(answer(key)).then(
        (found) => found ?? undefined,
        () => undefined,
      ),
    keep: async (key, text) =>
      void (await redis.set(answer(key), text, 'PX', KEPT_MS).catch(() => undefined)),
    async mayAsk(key, userId) {
      try {
        if ((await redis.set(asking(key), '1', 'PX', ASKING_MS, 'NX')) === null) return false;
        const count = await redis.eval(COUNT, 1, `${prefix}:questions:${userId}`, MINUTE_MS);
        if (Number(count) <= QUESTIONS_PER_MINUTE) return true;
        await redis.del(asking(key));
        return false;
      } catch {
        return false;
      }
    },
    asked: async (key) => void (await redis.del(asking(key)).catch(() => 0)),
  };
}
