import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** One Redis or a cluster. The keys of one queue share a hash tag, so that both work. */
export type RedisClient = Redis | Cluster;

/**
 * A connection whose commands fail at once while Redis is down, so that the API answers and the job waits in the outbox.
 * @param url of one Redis or one node of a cluster, or of several nodes, separated by commas
 * @param onError called for each connection error, many times a second while Redis is down
 */
export async function connectProducer(
  url: string,
  onError: (error: Error) => void,
  tls: TlsSettings = VERIFIED,
): Promise<RedisClient> {
  const redis = await open(url, tls, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    socketTimeout: PRODUCER_SILENCE_MS,
    reconnectOnError: (error) => isReplica(error) && FAIL_AND_RECONNECT,
  });
  listen(redis, onError);
  if (redis.status !== 'ready')
    await Promise.race([once(redis, 'ready').catch(() => undefined), sleep(BOOT_WAIT_MS)]);
  return redis;
}

/**
 * A connection on which commands wait and nothing arrives for this long is closed and opened anew: a network partition or a
 * stopped server sends no reset. Requests to the API wait for a producer's commands.
 */
const PRODUCER_SILENCE_MS = 3_000;
/** BullMQ's workers block in Redis for 10 s at most; a busy Redis answers within the rest. */
const WORKER_SILENCE_MS = 30_000;

/** What ioredis does with a connection after an error. Source: ioredis, "Reconnect on Error". */
const FAIL_AND_RECONNECT = 1;
const RECONNECT_AND_REPEAT = 2;
/** After a failover the old primary may still be connected, as a replica. Source: Redis, "Replication": -READONLY. */
const isReplica = (error: Error): boolean => error.message.startsWith('READONLY');

/** How long a process waits for Redis at start; after that it starts without Redis. */
const BOOT_WAIT_MS = 2_000;

/** A connection whose commands wait while Redis is down. BullMQ's workers require `maxRetriesPerRequest: null`. */
export async function connectWorker(
  url: string,
  onError: (error: Error) => void,
  tls: TlsSettings = VERIFIED,
): Promise<RedisClient> {
  const redis = await open(url, tls, {
    maxRetriesPerRequest: null,
    socketTimeout: WORKER_SILENCE_MS,
    reconnectOnError: (error) => isReplica(error) && RECONNECT_AND_REPEAT,
  });
  return listen(redis, onError);
}

async function open(url: string, tls: TlsSettings, own: RedisOptions): Promise<RedisClient> {
  const [first = '', ...others] = url.split(',');
  const options = { ...own, ...tlsOptions(first, tls) };
  if (others.length === 0 && !(await isCluster(first, tls)))
    return new Redis(first, { ...options, retryStrategy });
  const { enableOfflineQueue = true } = options;
  return new Cluster([first, ...others], {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...options, ...credentials(first) },
    // A command that fails because a node is down or its slots moved is retried after this, in ms.
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
  });
}

/** How `rediss://` is spoken. */
export interface TlsSettings {
  /** Whether the certificate must be signed by a known authority for this host. Heroku's are not. */
  readonly verifyTls: boolean;
}

const VERIFIED: TlsSettings = { verifyTls: true };

/** ioredis turns TLS on for `rediss://` by itself; what it checks is said here. */
export const tlsOptions = (url: string, { verifyTls }: TlsSettings): RedisOptions =>
  url.startsWith('rediss:') ? { tls: { rejectUnauthorized: verifyTls } } : {};

/** Whether this Redis is a node of a cluster. An unreachable one counts as a single Redis; two URLs always mean a cluster. */
async function isCluster(url: string, tls: TlsSettings): Promise<boolean> {
  const probe = new Redis(url, {
    ...tlsOptions(url, tls),
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

/** The first URL's credentials, for the nodes that the cluster names. */
function credentials(url: string): RedisOptions {
  const { username, password } = new URL(url);
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
}

/** 100 ms, rising to 2 s: the fleet reconnects within seconds of an outage's end. */
const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);

function listen<Client extends RedisClient>(redis: Client, onError: (error: Error) => void): Client {
  redis.on('error', onError);
  return redis;
}
