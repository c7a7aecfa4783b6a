import { randomUUID } from 'node:crypto';
import type { Clock } from '../ports/clock.ts';

/** A provider's quota as the headers of its answers state it. */
export interface QuotaSeen {
  readonly limit: number;
  readonly remaining: number;
  /** When the window ends, by our clock. */
  readonly resetAt: number;
}

/** A permit for one call to the provider. */
export interface Permit {
  /** 0: the permit is acquired. Otherwise there is none, and the caller tries again after this many ms. */
  readonly waitMs: number;
  /** Called when the answer has arrived. */
  release(): Promise<void>;
}

/** The provider's quota, shared by all workers. */
export interface QuotaLimiter {
  /** Acquires a permit for one call of watching. */
  acquire(): Promise<Permit>;
  /** Records the quota that an answer stated. */
  recordQuota(seen: QuotaSeen): Promise<void>;
  /** How many calls of watching fit into `ms`; null while the provider's quota is unknown. */
  callsIn(ms: number): Promise<number | null>;
}

/** The Redis commands that the quota limiter needs. */
export interface QuotaRedis {
  eval(script: string, keys: 2, ...keysAndValues: (string | number)[]): Promise<unknown>;
  zrem(key: string, member: string): Promise<unknown>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
}

/** This share of the quota is reserved for bookings: those in flight when a window ends need room in the next one. */
const RESERVED_SHARE = 0.1;
const MIN_RESERVED = 5;
/** A quota that no answer stated for so long is out of date. */
const FORGET_MS = 3_600_000;
/** Longer than a search may take: a call in flight for longer died with its worker. */
const MAX_CALL_MS = 30_000;

const reserveOf = (limit: number): number => Math.max(MIN_RESERVED, Math.ceil(limit * RESERVED_SHARE));

/**
 * Acquires one call of the remaining quota. When the window's end has passed, a new one starts with the full limit, as the
 * provider's does; the calls in flight may count in it and are subtracted.
 */
const ACQUIRE = `
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
 * Records a stated quota. Within a window the lower count is right: ours includes the calls in flight, the provider's
 * includes those of other clients. In a new window the provider has counted only calls that arrived: all calls in flight
 * except the answered one are subtracted.
 */
const RECORD = `
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

/**
 * The quota limiter in Redis. While Redis is down hardly any job runs; those that do are limited by the provider itself.
 * @param prefix first part of every key
 */
export function createQuotaLimiter(
  redis: QuotaRedis,
  prefix: string,
  clock: Pick<Clock, 'now'>,
): QuotaLimiter {
  // The hash tag places both keys on one node of a cluster.
  const key = `{${prefix}:pace:duffel}`;
  const inFlight = `${key}:flying`;
  const now = () => clock.now().getTime();
  return {
    async acquire() {
      const id = randomUUID();
      const waitMs = Number(await redis.eval(ACQUIRE, 2, key, inFlight, now(), id, MAX_CALL_MS));
      return {
        waitMs,
        release: () =>
          redis.zrem(inFlight, id).then(
            () => undefined,
            () => undefined,
          ),
      };
    },
    async recordQuota({ limit, remaining, resetAt }) {
      const reserve = reserveOf(limit);
      await redis.eval(
        RECORD,
        2,
        key,
        inFlight,
        now(),
        limit,
        remaining,
        resetAt,
        reserve,
        FORGET_MS,
        MAX_CALL_MS,
      );
    },
    async callsIn(ms) {
      const [limit, window] = (await redis.hmget(key, 'limit', 'window')).map(Number);
      return limit && window ? Math.floor(((limit - reserveOf(limit)) * ms) / window) : null;
    },
  };
}
