import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { Config, QueueName } from './config.ts';
import { type Database, openDatabase, type Role } from './db/client.ts';
import { createFlags, type Flags } from './flags/flags.ts';
import { createApp } from './http/app.ts';
import type { HealthCheck } from './http/health.ts';
import { createHandlers } from './processors/index.ts';
import { createRunner, type Runner } from './processors/runner.ts';
import { createDuffel } from './providers/duffel/index.ts';
import { createLaunchDarkly } from './providers/launchdarkly.ts';
import { createAlerts } from './providers/ops-alerts.ts';
import { createResend } from './providers/resend.ts';
import { createStripe } from './providers/stripe/index.ts';
import { verifyDuffel, verifyStripe } from './providers/webhook-signatures.ts';
import { createLocks } from './queues/lock.ts';
import { createPublisher, type Publisher } from './queues/publisher.ts';
import { connectProducer, connectWorker } from './queues/redis.ts';
import { keepSchedules } from './queues/schedules.ts';
import type { SagaPorts, SagaSettings } from './services/booking/ports.ts';
import { createPostgresStore } from './services/booking/postgres-store.ts';
import { selectionRules } from './services/trips/read.ts';
import { createVault } from './services/vault.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { flushSentry, startSentry } from './telemetry/sentry.ts';

const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Longer than the longest honest answer to create-order, so that a late one is adopted and not given up. */
const SETTLE_WINDOWS = 4;
const SETTLE_POLL_MS = 5_000;
const PAYMENT_SETTLE_MS = 70_000;
/** Connections for one process; a web process answers, a worker works, both for short transactions. */
const POOL_SIZE = 12;

export type Base = Awaited<ReturnType<typeof createBase>>;

/** What every role needs, built once; `close` undoes it in the opposite order. */
export async function createBase(config: Config, role: Role) {
  const log = createLogger(config.LOG_LEVEL, role === 'parker_api' ? 'web' : 'worker');
  const report = startSentry({ dsn: config.SENTRY_DSN, role, release: VERSION });
  const metrics = createMetrics();
  const database: Database = openDatabase(config.DATABASE_URL, role, {
    max: POOL_SIZE,
    onError: (err) => log.warn({ err }, 'an idle Postgres connection was lost'),
  });
  const redis = await connectProducer(
    config.REDIS_URL,
    once(log, 'Redis can not be reached; jobs wait in the outbox'),
  );
  const flagProvider = await createLaunchDarkly({
    sdkKey: config.LAUNCHDARKLY_SDK_KEY,
    baseUrl: config.LAUNCHDARKLY_BASE_URL,
    log,
  });
  const liveToken = config.DUFFEL_ACCESS_TOKEN.startsWith('duffel_live_');
  const flags: Flags = createFlags(flagProvider.evaluate, { liveToken });
  const { db } = database;
  const publisher: Publisher = createPublisher({ db, redis, prefix: config.QUEUE_PREFIX, log });
  const cadence = { watchIntervalMs: config.MONITOR_INTERVAL_MS, freshnessMs: config.SEARCH_FRESHNESS_MS };
  return {
    config,
    log,
    report,
    metrics,
    database,
    db,
    redis,
    flags,
    flagProvider,
    publisher,
    cadence,
    afterCommit: publisher.kick,
    vault: createVault(config.PII_KEYS),
    flights: createDuffel({
      token: config.DUFFEL_ACCESS_TOKEN,
      baseUrl: config.DUFFEL_BASE_URL,
      orderTimeoutMs: config.DUFFEL_ORDER_TIMEOUT_MS,
    }),
    payments: createStripe({ secretKey: config.STRIPE_SECRET_KEY, baseUrl: config.STRIPE_BASE_URL }),
    async close() {
      await publisher.close();
      await flagProvider.close();
      redis.disconnect();
      await database.close();
      await flushSentry(2_000);
    },
  };
}

/** The web role: the API and its pages. */
export function createWeb(base: Base) {
  const { config } = base;
  measure(base);
  return createApp({
    ...base,
    queues: base.publisher.queues,
    verify: {
      stripe: verifyStripe(config.STRIPE_WEBHOOK_SECRET),
      duffel: verifyDuffel(config.DUFFEL_WEBHOOK_SECRET),
    },
    healthChecks: healthChecks(base),
    version: VERSION,
  });
}

export interface WorkerOptions {
  readonly queues: readonly QueueName[];
  /** How long BullMQ believes in a silent worker. */
  readonly lockMs?: number;
  readonly saga?: Partial<SagaSettings>;
}

/** The worker role: one runner per queue it is told to work. */
export function createWorkers(base: Base, options: WorkerOptions) {
  const { config, log, flags, publisher } = base;
  const redis: Redis = connectWorker(config.REDIS_URL, once(log, 'Redis can not be reached; waiting for it'));
  const deps = {
    ...base,
    mail: createResend({
      apiKey: config.RESEND_API_KEY,
      baseUrl: config.RESEND_BASE_URL,
      from: config.MAIL_FROM,
    }),
    alerts: createAlerts(config.OPS_ALERT_WEBHOOK_URL),
    appUrl: config.APP_URL,
    mailFrom: config.MAIL_FROM,
    opsEmail: config.OPS_ALERT_EMAIL,
    locks: createLocks(base.redis, config.QUEUE_PREFIX),
  };
  const handlers = createHandlers(deps, createSagaPorts(base, options.saga));
  const letSchedulesGo = keepSchedules(publisher.queues, { monitorIntervalMs: config.MONITOR_INTERVAL_MS, log });
  const runners: Runner[] = options.queues.map((queue) =>
    createRunner(queue, {
      ...base,
      handlers,
      flags,
      redis,
      prefix: config.QUEUE_PREFIX,
      ...(options.lockMs && { lockMs: options.lockMs }),
    }),
  );
  return {
    handlers,
    async close(timeoutMs: number) {
      letSchedulesGo();
      await Promise.all(runners.map((runner) => runner.close(timeoutMs)));
      redis.disconnect();
    },
  };
}

export function createSagaPorts(base: Base, settings: Partial<SagaSettings> = {}): SagaPorts {
  const { config, flags, flights, payments, log } = base;
  return {
    store: createPostgresStore({ ...base, snapshotFlags: flags.snapshot }),
    flights,
    payments,
    flags: { bookingStop: flags.bookingStop, selectionRules: () => selectionRules(flags) },
    clock: { now: () => new Date() },
    log,
    settings: {
      settleWindowMs: SETTLE_WINDOWS * config.DUFFEL_ORDER_TIMEOUT_MS,
      settlePollMs: Math.min(SETTLE_POLL_MS, config.DUFFEL_ORDER_TIMEOUT_MS),
      paymentSettleMs: PAYMENT_SETTLE_MS,
      ...settings,
    },
  };
}

function healthChecks({ db, redis, flagProvider, flights, payments }: Base): HealthCheck[] {
  const ping = async () => {
    await db.selectNoFrom((eb) => eb.lit(1).as('one')).execute();
    return 'up';
  };
  return [
    { name: 'postgres', needed: true, check: ping },
    // The API works without Redis; the outbox keeps what it would have taken.
    { name: 'redis', needed: false, check: async () => ((await redis.ping()) === 'PONG' ? 'up' : 'down') },
    {
      name: 'launchdarkly',
      needed: false,
      check: async () => (flagProvider.live() ? 'up' : 'down: bookings are off'),
    },
    { name: 'duffel', needed: false, check: async () => `circuit ${flights.circuit()}` },
    { name: 'stripe', needed: false, check: async () => `circuit ${payments.circuit()}` },
  ];
}

function measure({ metrics, database, publisher }: Base): void {
  const { pool } = database;
  metrics.gauge('parker_pg_connections', 'Connections of the pool by state.', ['state'], async () => [
    { labels: { state: 'total' }, value: pool.totalCount },
    { labels: { state: 'idle' }, value: pool.idleCount },
    { labels: { state: 'waiting' }, value: pool.waitingCount },
  ]);
  metrics.gauge('parker_queue_jobs', 'Jobs by queue and state.', ['queue', 'state'], async () => {
    const counts = Object.entries(publisher.queues).map(async ([queue, handle]) => {
      const states = await handle.getJobCounts('waiting', 'active', 'delayed', 'failed');
      return Object.entries(states).map(([state, value]) => ({ labels: { queue, state }, value }));
    });
    return (await Promise.all(counts)).flat();
  });
}

/** A lost connection says so many times a second; once a minute is enough to read. */
function once(log: Base['log'], message: string): (err: Error) => void {
  let last = 0;
  return (err) => {
    if (Date.now() - last < 60_000) return;
    last = Date.now();
    log.warn({ err }, message);
  };
}
