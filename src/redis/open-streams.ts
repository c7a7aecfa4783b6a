import { randomUUID } from 'node:crypto';
import type { OpenStream, OpenStreams } from '../ports/open-streams.ts';

/** A stream that was not renewed for this long counts as closed. Streams are renewed every 15 s. */
const FORGET_MS = 60_000;

/**
 * A user's streams are a sorted set: each by its id, with the moment at which it is forgotten. Redis' own clock is used, for the
 * processes' may differ. 1 when the stream is counted, 0 when there are as many as there may be.
 */
const COUNT = `
local at = redis.call('time')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if not redis.call('zscore', KEYS[1], ARGV[1]) and redis.call('zcard', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('zadd', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('pexpire', KEYS[1], ARGV[3])
return 1`;

/** The Redis commands that the count needs. */
export interface StreamsRedis {
  eval(script: string, keys: 1, ...keysAndValues: (string | number)[]): Promise<unknown>;
  zrem(key: string, member: string): Promise<number>;
}

/** Counts streams in Redis; while it is down, streams are not counted. @param options.most that one user may hold */
export function createOpenStreams(
  redis: StreamsRedis,
  options: { readonly prefix: string; readonly most: number; readonly forgetMs?: number },
): OpenStreams {
  const { prefix, most, forgetMs = FORGET_MS } = options;
  return {
    async open(userId) {
      const key = `${prefix}:streams:${userId}`;
      const id = randomUUID();
      const count = () => redis.eval(COUNT, 1, key, id, most, forgetMs).catch(() => 1);
      if ((await count()) === 0) return undefined;
      const stream: OpenStream = {
        renew: async () => void (await count()),
        close: async () => void (await redis.zrem(key, id).catch(() => 0)),
      };
      return stream;
    },
  };
}
