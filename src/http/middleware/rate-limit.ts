import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { Cluster, type Redis } from 'ioredis';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { sendProblem } from '../problem.ts';

const WINDOW_MS = 60_000;
/** Many users may share one address; an address without a user gets no more than this many users' worth. */
const USERS_PER_ADDRESS = 10;

/**
 * Limits requests a minute. A user's are counted in Redis, so that all web processes share the count; with Redis down they
 * pass. An address's are counted by each process for itself: it is the process that a flood would hurt, Redis or no Redis,
 * and every request asks.
 */
export function limitBy(
  what: 'user' | 'address',
  options: { redis: Redis | Cluster; prefix: string; limit: number },
): RequestHandler {
  const { redis, prefix, limit } = options;
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: what === 'user' ? limit : limit * USERS_PER_ADDRESS,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    passOnStoreError: true,
    // That Redis is away is told by its own connection; here it would be told with every request.
    logger: { error: () => undefined, warn: () => undefined },
    ...(what === 'user' && {
      store: new RedisStore({
        prefix: `${prefix}:rate:user:`,
        sendCommand: (command, ...args) => send(redis, command, args),
      }),
    }),
    keyGenerator: (req, res) => (res.locals.userId as string | undefined) ?? addressKey(req.ip ?? ''),
    handler: (_req, res) => sendProblem(res, 429, 'Too many requests. Wait as long as Retry-After says.'),
  });
}

/** IPv6 addresses by network, for who has one has thousands; an IPv4 address in IPv6's clothes is an IPv4 address. */
const addressKey = (ip: string): string => ipKeyGenerator(ip.replace(/^::ffff:(?=\d+\.)/i, ''));

/** In a cluster every node must know a script, for the keys it is run on may lie anywhere. */
async function send(redis: Redis | Cluster, command: string, args: string[]): Promise<RedisReply> {
  if (!(redis instanceof Cluster) || command !== 'SCRIPT')
    return redis.call(command, ...args) as Promise<RedisReply>;
  const replies = await Promise.all(redis.nodes('master').map((node) => node.call(command, ...args)));
  return replies[0] as RedisReply;
}
