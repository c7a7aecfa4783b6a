import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { SandboxSettings } from '../../sandbox/world.ts';
import { sandboxEnvironment } from '../../scripts/support/environment.ts';
import { type Base, createBase } from '../../src/app/base.ts';
import { createWeb } from '../../src/app/web.ts';
import { createWorkers } from '../../src/app/worker.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { QUEUE_NAMES, type QueueName } from '../../src/domain/queue-names.ts';
import { startServer } from '../../src/http/server.ts';
import type { BookingSettings } from '../../src/services/booking/ports.ts';
import { describeBacklog } from './backlog.ts';
import { type Client, createClient } from './client.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { until } from './until.ts';

export interface HarnessOptions {
  /** Queues worked in this process; none when a test starts workers of its own. */
  readonly queues?: readonly QueueName[];
  readonly sandbox?: Partial<SandboxSettings>;
  readonly env?: Record<string, string>;
  /** Settings of the booking saga, besides those that tests shorten. */
  readonly saga?: Partial<BookingSettings>;
  /** Another Redis than the shared one. */
  readonly redisUrl?: string;
}

export interface Harness {
  readonly url: string;
  readonly env: Record<string, string>;
  readonly config: Config;
  readonly sandbox: Sandbox;
  readonly database: TestDatabase;
  readonly web: Base;
  readonly worker: Base | null;
  /** A signed-in user of the API. */
  user(sub?: string, claims?: { roles?: string[]; email?: string }): Promise<Client>;
  /** Stops watching every trip, so that the next test's faults strike its own. */
  endWatching(): Promise<void>;
  /** Waits for so many sweeps that begin after now. */
  sweeps(count: number): Promise<void>;
  startWorkers(queues: readonly QueueName[]): Promise<void>;
  stopWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/** Short, so that tests see minutes of production in seconds; the code is the same. */
const SHORT_INTERVALS = {
  MONITOR_INTERVAL_MS: '500',
  SEARCH_FRESHNESS_MS: '250',
  DUFFEL_ORDER_TIMEOUT_MS: '1500',
  RATE_LIMIT: '100000',
  // Tests send hundreds at once to see them all answered; test/journeys/overload.test.ts sets it.
  REQUESTS_AT_ONCE: '0',
  FUSE_USER_BOOKINGS_PER_HOUR: '0',
};

/** The whole of Parker in this process: real Postgres, Redis and HTTP, a sandbox of its own. */
export async function createHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { queues = QUEUE_NAMES, redisUrl = inject('redisUrl') } = options;
  const database = await createDatabase();
  const { server, port } = await startServer({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const sandbox = await startSandbox({
    appUrl: url,
    duffelRateLimit: 100_000,
    resendRateLimit: 100_000,
    lateOrderMs: 1_000,
    ...options.sandbox,
  });
  const prefix = `t-${randomBytes(5).toString('hex')}`;
  const env: Record<string, string> = {
    ...sandboxEnvironment({ databaseUrl: database.url, redisUrl, sandboxUrl: sandbox.url, appUrl: url }),
    ...SHORT_INTERVALS,
    QUEUE_PREFIX: prefix,
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...options.env,
  };
  delete env.SENTRY_DSN;
  const config = loadConfig(env);
  const web = await createBase(config, 'parker_api');
  server.on('request', createWeb(web));
  const running: { base: Base; close: (timeoutMs: number) => Promise<void> }[] = [];

  const harness: Harness = {
    url,
    env,
    config,
    sandbox,
    database,
    web,
    get worker() {
      return running[0]?.base ?? null;
    },
    async user(sub = `user-${randomBytes(4).toString('hex')}`, claims = {}) {
      const token = await sandbox.auth.token({ sub, ...claims });
      return createClient(url, sub, token, () => describeBacklog(web.publisher.queues, database));
    },
    async endWatching() {
      sandbox.faults.clear();
      // Trip by trip: a worker updates many in one statement, and of two such statements each could wait for the other.
      const watched = await database.query<{ id: string }>(
        `select id from trip_requests where auto_book_status = 'PENDING'`,
      );
      for (const { id } of watched)
        await database.query(
          `update trip_requests set auto_book_status = 'CANCELLED' where id = $1 and auto_book_status = 'PENDING'`,
          [id],
        );
    },
    async sweeps(count) {
      const since = Date.now();
      await until(`${count} sweeps`, async () => {
        const jobs = await web.publisher.queues.monitor.getJobs(['completed']);
        return jobs.filter((job) => job.name === 'monitor' && (job.processedOn ?? 0) > since).length >= count;
      });
    },
    async startWorkers(wanted) {
      const base = await createBase(config, 'parker_worker');
      const workers = await createWorkers(base, {
        queues: wanted,
        // An order of unknown outcome is given up after four timeouts of the order call; test/journeys/unknown-orders waits longer.
        saga: { paymentLookupMs: 1_500, orderPollMs: 300, orderLookupMs: 6_000, ...options.saga },
        cancelling: {
          refundLookupMs: 1_500,
          pendingRefundMs: 1_000,
          verifyRefundMs: 1_500,
          verifyOrderMs: 6_000,
        },
      });
      running.push({ base, close: workers.close });
    },
    async stopWorkers() {
      for (const { base, close } of running.splice(0)) {
        await close(5_000);
        await base.close();
      }
    },
    async stop() {
      await harness.stopWorkers();
      server.closeAllConnections();
      server.close();
      await web.close();
      await sandbox.close();
      await database.drop();
      // A Redis that a test brought along goes with it.
      if (!options.redisUrl) await forgetKeys(redisUrl, prefix);
    },
  };
  if (queues.length) await harness.startWorkers(queues);
  return harness;
}

/** Removes what this file left in the shared Redis. */
async function forgetKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1_000 }))
      if (keys.length) await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}
