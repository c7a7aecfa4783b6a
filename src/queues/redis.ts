import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** One Redis, or a cluster of them: the keys of one queue share a hash tag, so that either will do. */
export type RedisClient = Redis | Cluster;

/**
 * A connection for asking: with Redis down a command fails at once, so that the API goes on answering and the outbox
 * keeps the job.
 * @param url of one Redis or one node of a cluster, or of several nodes, separated by commas
 */
export async function connectProducer(url: string, onError: (error: Error) => void): Promise<RedisClient> {
  const redis = await open(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  listen(redis, onError);
  if (redis.status !== 'ready')
    await Promise.race([once(redis, 'ready').catch(() => undefined), sleep(BOOT_WAIT_MS)]);
  return redis;
}

/** How long a process waits for Redis when it starts; then it starts without. */
const BOOT_WAIT_MS = 2_000;

/** A connection for waiting: it outlives any outage. BullMQ's workers insist on `maxRetriesPerRequest: null`. */
export async function connectWorker(url: string, onError: (error: Error) => void): Promise<RedisClient> {
  return listen(await open(url, { maxRetriesPerRequest: null }), onError);
}

async function open(url: string, options: RedisOptions): Promise<RedisClient> {
  const [first = '', ...others] = url.split(',');
  if (others.length === 0 && !(await isCluster(first)))
    return new Redis(first, { ...options, retryStrategy });
  const { enableOfflineQueue = true } = options;
  return new Cluster([first, ...others], {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...options, ...credentials(first) },
    // While a node is away, or its slots have moved, what fails is tried again for about as long as a job may wait.
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
  });
}

/** Whether the Redis there is a node of a cluster. One that can't be reached is taken for a single one: name two nodes then. */
async function isCluster(url: string): Promise<boolean> {
  const probe = new Redis(url, {
    lazyConnect: true,
    connectTimeout: BOOT_WAIT_MS,
    retryStrategy: () => null,
  });
  probe.on('error', () => undefined);
  try {
    await probe.connect();
    return /cluster_enabled:1/.test(await probe.info('cluster'));
  } catch {
    return false;
  } finally {
    probe.disconnect();
  }
}

/** A cluster's nodes are found by asking it, and are signed in to as the first is. */
function credentials(url: string): RedisOptions {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

/** Back after a tenth of a second at first, never more than two: a fleet should not need a minute to notice. */
const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);

function listen<Client extends RedisClient>(redis: Client, onError: (error: Error) => void): Client {
  redis.on('error', onError);
  return redis;
}
