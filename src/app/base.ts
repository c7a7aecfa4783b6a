import { readFileSync } from 'node:fs';
import { type Config, fuseLimits, hasAlertAddress } from '../config.ts';
import { type Database, openDatabase, type Role } from '../db/client/index.ts';
import { createAccountTroubleStore } from '../db/stores/account-troubles.ts';
import { createOutboxReader } from '../db/stores/outbox.ts';
import { createFlags } from '../flags/flags.ts';
import { withFreshness } from '../flags/provider.ts';
import { safeValue } from '../flags/registry.ts';
import type { Flags } from '../ports/flags.ts';
import type { SearchSchedule } from '../ports/search-schedule.ts';
import { createLaunchDarkly } from '../providers/launchdarkly/index.ts';
import { joinSellers } from '../providers/sellers.ts';
import { createStripe } from '../providers/stripe/index.ts';
import { createPublisher, type Publisher } from '../queues/outbox/publisher.ts';
import { connectProducer } from '../redis/connections.ts';
import { createQuotaLimiter } from '../redis/quota-limiter.ts';
import { createPiiCipher } from '../services/privacy/pii-cipher.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startSentry } from '../telemetry/sentry.ts';
import { createSellers, type VendorNotes } from './sellers.ts';
import { systemClock } from './system-clock.ts';

export const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

/**
 * Postgres connections per process. A web process needs one per request that it is answering, and requests that only read
 * must not queue behind those that wait for a commit. A worker's jobs share fewer.
 */
const POOL_SIZE: Record<Role, number> = { parker_api: 24, parker_worker: 12 };

/** Connections of a web process for the routes of ops. */
const OPS_POOL_SIZE = 2;

export type Base = Awaited<ReturnType<typeof createBase>>;

/** What every role needs, built once. `close` ends the parts so that each outlives those that use it. */
export async function createBase(config: Config, role: Role) {
  const log = createLogger(config.LOG_LEVEL, role === 'parker_api' ? 'web' : 'worker');
  if (!hasAlertAddress(config))
    log.warn('ops alerts have no address: set OPS_ALERT_WEBHOOK_URL or OPS_ALERT_EMAIL');
  const errors = startSentry({ dsn: config.SENTRY_DSN, role, release: VERSION });
  const metrics = createMetrics();
  const pooled = config.DATABASE_POOLER === 'transaction';
  const database: Database = openDatabase(config.DATABASE_URL, role, {
    pooled,
    max: POOL_SIZE[role],
    onError: (err) => log.warn({ err }, 'Postgres connection lost'),
  });
  // Ops read and decide for all users. Connections are opened when they do.
  const opsDatabase =
    role === 'parker_worker'
      ? database
      : openDatabase(config.DATABASE_URL, 'parker_worker', {
          pooled,
          max: OPS_POOL_SIZE,
          onError: (err) => log.warn({ err }, 'idle Postgres connection lost'),
        });
  const redis = await connectProducer(
    config.REDIS_URL,
    oncePerMinute(log, 'Redis is unreachable; jobs wait in the outbox'),
    { verifyTls: config.REDIS_TLS_VERIFY },
  );
  const flagProvider = await withFreshness(
    await createLaunchDarkly({
      sdkKey: config.LAUNCHDARKLY_SDK_KEY,
      baseUrl: config.LAUNCHDARKLY_BASE_URL,
      safeValue,
      log,
    }),
  );
  const { db } = database;
  const publisher: Publisher = createPublisher({
    outbox: createOutboxReader(database),
    redis,
    prefix: config.QUEUE_PREFIX,
    log,
  });
  const quotaLimiter = createQuotaLimiter(redis, config.QUEUE_PREFIX, systemClock);
  const troubles = createAccountTroubleStore(database);
  const notes: VendorNotes = {
    // A quota that could not be recorded is stated again by the next answer.
    duffelQuota: (quota) => void quotaLimiter.recordQuota(quota).catch(() => undefined),
    unreadable:
      (vendor) =>
      (what, { id, field }) => {
        log.warn({ vendor, what, id, field }, 'skipped a row that can not be read');
        metrics.unreadableRow(vendor, what);
      },
    // What could not be recorded is noted again by the next call that is refused.
    trouble: ({ vendor, code }) => {
      log.error({ vendor, code }, 'a vendor refuses our account');
      troubles
        .record({ vendor, code })
        .catch((err: unknown) => log.warn({ err }, 'could not record the account trouble'));
    },
  };
  const sellers = createSellers(config, notes);
  const liveOrders = sellers.some(({ live }) => live);
  const flags: Flags = createFlags(flagProvider.evaluate, { ...flagProvider, liveToken: liveOrders });
  const schedule: SearchSchedule = {
    watchIntervalMs: config.MONITOR_INTERVAL_MS,
    freshnessMs: config.SEARCH_FRESHNESS_MS,
  };
  return {
    config,
    log,
    report: errors.report,
    metrics,
    database,
    opsDatabase,
    db,
    redis,
    flags,
    flagProvider,
    publisher,
    schedule,
    clock: systemClock,
    claimMs: config.CLAIM_MS,
    fuse: fuseLimits(config),
    afterCommit: publisher.kick,
    cipher: createPiiCipher(config.PII_KEYS),
    quotaLimiter,
    sellers,
    liveOrders,
    flights: joinSellers(sellers),
    troubles,
    payments: createStripe({
      secretKey: config.STRIPE_SECRET_KEY,
      baseUrl: config.STRIPE_BASE_URL,
      deployment: config.DEPLOYMENT,
      noteUnreadable: notes.unreadable('stripe'),
      noteTrouble: notes.trouble,
    }),
    async close() {
      await publisher.close();
      await flagProvider.close();
      redis.disconnect();
      await database.close();
      if (opsDatabase !== database) await opsDatabase.close();
      await errors.close(2_000);
    },
  };
}

/** Logs at most once a minute: a lost connection emits many errors per second. */
export function oncePerMinute(log: Base['log'], message: string): (err: Error) => void {
  let last = 0;
  return (err) => {
    if (Date.now() - last < 60_000) return;
    last = Date.now();
    log.warn({ err }, message);
  };
}
