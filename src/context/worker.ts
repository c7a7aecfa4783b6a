import type { QueueName } from '../config.ts';
import { createHandlers } from '../processors/index.ts';
import { createRunner, type Runner } from '../processors/runner.ts';
import { createAlerts } from '../providers/ops-alerts.ts';
import { createResend } from '../providers/resend.ts';
import { createLocks } from '../queues/lock.ts';
import { connectWorker } from '../queues/redis.ts';
import { keepSchedules } from '../queues/schedules.ts';
import type { SagaPorts, SagaSettings } from '../services/booking/ports.ts';
import { createDirectory } from '../services/booking/postgres-directory.ts';
import { createPostgresStore } from '../services/booking/postgres-store.ts';
import { orFuse } from '../services/fuse.ts';
import { createOrphanStore, createStandingStore } from '../services/reconciling/postgres-store.ts';
import type { WatchQuota } from '../services/watching/ports.ts';
import { createWatchStore } from '../services/watching/postgres-store.ts';
import { selectionRules } from '../services/watching/selection-rules.ts';
import { createEventStore } from '../services/webhooks/postgres-store.ts';
import { type Base, oncePerMinute } from './base.ts';

/** Longer than the longest honest answer to create-order, so that a late one is adopted and not given up. */
const SETTLE_WINDOWS = 4;
const SETTLE_POLL_MS = 5_000;
/** Longer than the payment SDK's own deadline with its repeats. */
const PAYMENT_SETTLE_MS = 70_000;

export interface WorkerOptions {
  readonly queues: readonly QueueName[];
  readonly saga?: Partial<SagaSettings>;
}

/** The worker role: one runner per queue it is told to work. */
export async function createWorkers(base: Base, options: WorkerOptions) {
  const { config, log, flags, publisher } = base;
  const redis = await connectWorker(
    config.REDIS_URL,
    oncePerMinute(log, 'Redis can not be reached; waiting for it'),
  );
  const deps = {
    ...base,
    flags: { ...flags, bookingStop: orFuse(flags.bookingStop, base.db, base.clock) },
    quota: createWatchQuota(base),
    watch: createWatchStore({ ...base, snapshotFlags: flags.snapshot }),
    events: createEventStore(base),
    directory: createDirectory(base),
    standing: createStandingStore(base),
    orphans: createOrphanStore(base),
    mail: createResend({
      apiKey: config.RESEND_API_KEY,
      baseUrl: config.RESEND_BASE_URL,
      from: config.MAIL_FROM,
    }),
    alerts: createAlerts(config.OPS_ALERT_WEBHOOK_URL),
    appUrl: config.APP_URL,
    mailFrom: config.MAIL_FROM,
    opsEmail: config.OPS_ALERT_EMAIL,
    locks: createLocks(base.redis, config.QUEUE_PREFIX, base.clock),
  };
  const handlers = createHandlers(deps, createSagaPorts(base, options.saga));
  const letSchedulesGo = keepSchedules(publisher.queues, {
    monitorIntervalMs: config.MONITOR_INTERVAL_MS,
    log,
  });
  const runners: Runner[] = options.queues.map((queue) =>
    createRunner(queue, {
      ...base,
      handlers,
      flags,
      redis,
      handle: publisher.queues[queue],
      prefix: config.QUEUE_PREFIX,
      ...(queue === 'book' && config.BOOKINGS_AT_ONCE && { concurrency: config.BOOKINGS_AT_ONCE }),
    }),
  );
  return {
    async close(timeoutMs: number) {
      letSchedulesGo();
      await Promise.all(runners.map((runner) => runner.close(timeoutMs)));
      redis.disconnect();
    },
  };
}

/** Room for watching until the next sweep: what the quota allows, less what is already waiting to be asked. */
function createWatchQuota({ pace, publisher, config }: Base): WatchQuota {
  return {
    ...pace,
    async room() {
      const calls = await pace.callsIn(config.MONITOR_INTERVAL_MS);
      if (calls === null) return null;
      const { waiting = 0, delayed = 0 } = await publisher.queues.search.getJobCounts('waiting', 'delayed');
      return Math.max(0, calls - waiting - delayed);
    },
  };
}

/** The saga's view of the world: Postgres and the vendors. */
export function createSagaPorts(base: Base, settings: Partial<SagaSettings> = {}): SagaPorts {
  const { config, flags, flights, payments, log } = base;
  return {
    store: createPostgresStore({ ...base, snapshotFlags: flags.snapshot }),
    flights,
    payments,
    // The fuse is asked by each intent: a look of its own would stand between the intent and the call.
    flags: { bookingStop: flags.bookingStop, selectionRules: () => selectionRules(flags) },
    clock: base.clock,
    log,
    settings: {
      claimMs: base.claimMs,
      settleWindowMs: SETTLE_WINDOWS * config.DUFFEL_ORDER_TIMEOUT_MS,
      settlePollMs: Math.min(SETTLE_POLL_MS, config.DUFFEL_ORDER_TIMEOUT_MS),
      paymentSettleMs: PAYMENT_SETTLE_MS,
      ...settings,
    },
  };
}
