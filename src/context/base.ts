import { readFileSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase, type Role } from '../db/client.ts';
import { createFlags, type Flags } from '../flags/flags.ts';
import { createDuffel } from '../providers/duffel/index.ts';
import { createLaunchDarkly } from '../providers/launchdarkly.ts';
import { createStripe } from '../providers/stripe/index.ts';
import { createPace } from '../queues/pace.ts';
import { createPublisher, type Publisher } from '../queues/publisher.ts';
import { connectProducer } from '../queues/redis.ts';
import { createVault } from '../services/vault.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startSentry } from '../telemetry/sentry.ts';

export const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

/**
 * Connections for one process. A web process holds one for each request it is answering, and those that only read must
 * not queue behind those that wait for the disk; a worker's jobs take turns.
 */
const POOL_SIZE: Record<Role, number> = { parker_api: 24, parker_worker: 12 };

export type Base = Awaited<ReturnType<typeof createBase>>;

/** What every role needs, built once; `close` undoes it in the opposite order. */
export async function createBase(config: Config, role: Role) {
  const log = createLogger(config.LOG_LEVEL, role === 'parker_api' ? 'web' : 'worker');
  const errors = startSentry({ dsn: config.SENTRY_DSN, role, release: VERSION });
  const metrics = createMetrics();
  const database: Database = openDatabase(config.DATABASE_URL, role, {
    max: POOL_SIZE[role],
    onError: (err) => log.warn({ err }, 'an idle Postgres connection was lost'),
  });
  const redis = await connectProducer(
    config.REDIS_URL,
    oncePerMinute(log, 'Redis can not be reached; jobs wait in the outbox'),
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
  const pace = createPace(redis, config.QUEUE_PREFIX, systemClock);
  const cadence = { watchIntervalMs: config.MONITOR_INTERVAL_MS, freshnessMs: config.SEARCH_FRESHNESS_MS };
  return {
    config,
    log,
    report: errors.report,
    metrics,
    database,
    db,
    redis,
    flags,
    flagProvider,
    publisher,
    cadence,
    clock: systemClock,
    claimMs: config.CLAIM_MS,
    fuse: {
      spendPerHour: config.FUSE_SPEND_PER_HOUR,
      bookingsPerMinute: config.FUSE_BOOKINGS_PER_MINUTE,
      unknownsPerHour: config.FUSE_UNKNOWNS_PER_HOUR,
    },
    afterCommit: publisher.kick,
    vault: createVault(config.PII_KEYS),
    pace,
    flights: createDuffel({
      // What is not noted now is said again in the next answer.
      noteQuota: (seen) => void pace.note(seen).catch(() => undefined),
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
      await errors.close(2_000);
    },
  };
}

/** A lost connection says so many times a second; once a minute is enough to read. */
export function oncePerMinute(log: Base['log'], message: string): (err: Error) => void {
  let last = 0;
  return (err) => {
    if (Date.now() - last < 60_000) return;
    last = Date.now();
    log.warn({ err }, message);
  };
}
