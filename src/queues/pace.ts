import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';

/** What a provider says of its quota in the headers of every answer. */
export interface QuotaSeen {
  readonly limit: number;
  readonly remaining: number;
  /** When the window ends, by our clock. */
  readonly resetAt: number;
}

/** A turn at the provider: to wait for, or to take and give back when the answer is there. */
export interface Turn {
  /** 0, or how many milliseconds to wait until there may be a call. */
  readonly waitMs: number;
  done(): Promise<void>;
}

/** The provider's quota, shared by all workers. */
export interface Pace {
  /** Takes one call for watching. */
  take(): Promise<Turn>;
  note(seen: QuotaSeen): Promise<void>;
  /** How many calls for watching a stretch of time allows; null while the provider has not said. */
  callsIn(ms: number): Promise<number | null>;
}

/** As much of Redis as the pace asks for. */
export interface PaceRedis {
  eval(script: string, keys: 2, ...keysAndValues: (string | number)[]): Promise<unknown>;
  zrem(key: string, member: string): Promise<unknown>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
}

/** This share of the quota is left to bookings: those in flight when a window turns must find room in the new one. */
const RESERVED_SHARE = 0.1;
const RESERVED_LEAST = 5;
/** A provider that has said nothing for so long may have changed its mind. */
const FORGET_MS = 3_600_000;
/** Longer than a search may take: a call under way for longer died with its worker. */
const FLIGHT_MS = 30_000;

const reserveOf = (limit: number): number => Math.max(RESERVED_LEAST, Math.ceil(limit * RESERVED_SHARE));

/**
 * Counts down what is left. A window whose end has passed begins anew, as the provider's will; what is under way from the old
 * one may be counted in it.
 */
const TAKE = `
local h = redis.call('hmget', KEYS[1], 'limit', 'remaining', 'resetAt', 'window', 'reserve')
redis.call('zadd', KEYS[2], ARGV[1], ARGV[2])
redis.call('pexpire', KEYS[2], ARGV[3])
if not h[1] then return 0 end
local now, remaining, resetAt = tonumber(ARGV[1]), tonumber(h[2]), tonumber(h[3])
if now >= resetAt then
  redis.call('zremrangebyscore', KEYS[2], 0, now - ARGV[3])
  remaining, resetAt = tonumber(h[1]) - redis.call('zcard', KEYS[2]) + 1, now + tonumber(h[4])
end
if remaining <= tonumber(h[5]) then
  redis.call('zrem', KEYS[2], ARGV[2])
  return math.ceil(resetAt - now)
end
redis.call('hset', KEYS[1], 'remaining', remaining - 1, 'resetAt', resetAt)
return 0`;

/**
 * Within a window the lower count is the truer: ours has the calls under way, the provider's those of others. Of a new window
 * the provider knows only the calls that have come in: those under way, but the one it answered, will be counted there too.
 */
const NOTE = `
local h = redis.call('hmget', KEYS[1], 'remaining', 'resetAt', 'window')
local now, limit, remaining, resetAt = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local window = math.max(tonumber(h[3] or 0), resetAt - now)
redis.call('zremrangebyscore', KEYS[2], 0, now - ARGV[7])
if h[2] and math.abs(resetAt - tonumber(h[2])) < window / 2 then remaining = math.min(remaining, tonumber(h[1])) end
if not h[2] or resetAt - tonumber(h[2]) >= window / 2 then remaining = remaining - math.max(0, redis.call('zcard', KEYS[2]) - 1) end
if h[2] and resetAt < tonumber(h[2]) - window / 2 then return 0 end
redis.call('hset', KEYS[1], 'limit', limit, 'remaining', remaining, 'resetAt', resetAt, 'window', window, 'reserve', ARGV[5])
redis.call('pexpire', KEYS[1], ARGV[6])
return 1`;

/** Keeps the fleet's pace in Redis. Without Redis no job runs either; one that does goes by the provider's own word. */
export function createPace(redis: PaceRedis, prefix: string, clock: Pick<Clock, 'now'>): Pace {
  // In a cluster both lie on one node.
  const key = `{${prefix}:pace:duffel}`;
  const flying = `${key}:flying`;
  const now = () => clock.now().getTime();
  return {
    async take() {
      const id = randomUUID();
      const waitMs = Number(await redis.eval(TAKE, 2, key, flying, now(), id, FLIGHT_MS));
      return {
        waitMs,
        done: () =>
          redis.zrem(flying, id).then(
            () => undefined,
            () => undefined,
          ),
      };
    },
    async note({ limit, remaining, resetAt }) {
      const reserve = reserveOf(limit);
      await redis.eval(NOTE, 2, key, flying, now(), limit, remaining, resetAt, reserve, FORGET_MS, FLIGHT_MS);
    },
    async callsIn(ms) {
      const [limit, window] = (await redis.hmget(key, 'limit', 'window')).map(Number);
      return limit && window ? Math.floor(((limit - reserveOf(limit)) * ms) / window) : null;
    },
  };
}
