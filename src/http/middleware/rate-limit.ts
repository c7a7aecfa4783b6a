import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { sendProblem } from '../problem.ts';

/** The Redis commands that the rate limiter needs. */
export interface RateLimitRedis {
  call(command: string, ...args: string[]): Promise<unknown>;
  /** A cluster's nodes; absent when there is one Redis. */
  nodes?(role: 'master'): Pick<RateLimitRedis, 'call'>[];
}

const WINDOW_MS = 60_000;
/** Many users may share one address: an address may send as much as this many users. */
const USERS_PER_ADDRESS = 10;

/**
 * Limits requests per minute. A user's requests are counted in Redis, so that all web processes share the count; while Redis
 * is down they pass. An address's requests are counted by each process, for a flood harms the process whether Redis is up or
 * not.
 */
export function limitBy(
  what: 'user' | 'address',
  options: { redis: RateLimitRedis; prefix: string; limit: number },
): RequestHandler {
  const { redis, prefix, limit } = options;
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: what === 'user' ? limit : limit * USERS_PER_ADDRESS,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    passOnStoreError: true,
    // The connection's own listener logs that Redis is down; here every request would log it.
    logger: { error: () => undefined, warn: () => undefined },
    ...(what === 'user' && {
      store: new RedisStore({
        prefix: `${prefix}:rate:user:`,
        sendCommand: (command, ...args) => send(redis, command, args),
      }),
    }),
    keyGenerator: (req, res) => (res.locals.userId as string | undefined) ?? addressKey(req.ip ?? ''),
    handler: (_req, res) =>
      sendProblem(res, 'too_many_requests', 'Too many requests. Wait as long as Retry-After says.'),
  });
}

/** IPv6 addresses count by network, for one host has many. IPv4-mapped IPv6 addresses count as IPv4. */
const addressKey = (ip: string): string => ipKeyGenerator(ip.replace(/^::ffff:(?=\d+\.)/i, ''));

/** In a cluster the script is loaded on every node, for its keys may be on any of them. */
async function send(redis: RateLimitRedis, command: string, args: string[]): Promise<RedisReply> {
  if (!redis.nodes || command !== 'SCRIPT') return redis.call(command, ...args) as Promise<RedisReply>;
  const replies = await Promise.all(redis.nodes('master').map((node) => node.call(command, ...args)));
  return replies[0] as RedisReply;
}
