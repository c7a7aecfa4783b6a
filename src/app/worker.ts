import { createAttemptDirectoryStore } from '../db/stores/attempt-directory.ts';
import { createAttemptHistory } from '../db/stores/attempt-history.ts';
import { createBookedOrderStore } from '../db/stores/booked-orders.ts';
import { createCancellationStore } from '../db/stores/cancellations.ts';
import { createCaseStore } from '../db/stores/cases.ts';
import { createCleanupStore } from '../db/stores/cleanup.ts';
import { createDisputeStore } from '../db/stores/disputes.ts';
import { createFuseStore } from '../db/stores/fuse.ts';
import { createNotificationStore } from '../db/stores/notifications.ts';
import { createOrphanStore } from '../db/stores/orphans.ts';
import { createOutbox } from '../db/stores/outbox.ts';
import { createRemovedCardStore } from '../db/stores/payment-methods.ts';
import { createReceiptStore } from '../db/stores/receipts.ts';
import { createRefundStore } from '../db/stores/refunds.ts';
import { createStuckWorkStore } from '../db/stores/stuck-work.ts';
import { createTripTravelers } from '../db/stores/trip-travelers.ts';
import { createWatchStore } from '../db/stores/watch.ts';
import { createWebhookEventStore } from '../db/stores/webhook-events.ts';
import type { QueueName } from '../domain/queue-names.ts';
import type { WatchQuota } from '../ports/quota.ts';
import { createHandlers } from '../processors/index.ts';
import { createRunner, type Runner } from '../processors/runner.ts';
import { createResend } from '../providers/resend/index.ts';
import { createAlerts } from '../providers/slack/index.ts';
import { keepSchedules } from '../queues/schedules.ts';
import { connectWorker } from '../redis/connections.ts';
import { createLocks } from '../redis/lock.ts';
import { createAttemptDirectory } from '../services/booking/directory.ts';
import { createPassengerReader } from '../services/booking/passengers.ts';
import type { BookingSettings } from '../services/booking/ports.ts';
import type { CancellingSettings } from '../services/cancelling/ports.ts';
import { orFuse } from '../services/fuse/index.ts';
import { startAlertRelay } from '../services/notifications/alert-relay.ts';
import { startFlagsAlert } from '../services/notifications/flags-alert.ts';
import { orTrouble } from '../services/troubles/index.ts';
import { type Base, oncePerMinute } from './base.ts';
import { createBookingPorts, createCancellingPorts } from './saga-ports.ts';

export interface WorkerOptions {
  readonly queues: readonly QueueName[];
  readonly saga?: Partial<BookingSettings>;
  readonly cancelling?: Partial<CancellingSettings>;
}

/** The worker role: one runner per queue of `options.queues`. */
export async function createWorkers(base: Base, options: WorkerOptions) {
  const { config, log, flags, publisher } = base;
  const redis = await connectWorker(
    config.REDIS_URL,
    oncePerMinute(log, 'Redis is unreachable; waiting for it'),
    { verifyTls: config.REDIS_TLS_VERIFY },
  );
  const fuseStore = createFuseStore(base);
  const deps = {
    ...base,
    fuseStore,
    flags: {
      ...flags,
      bookingStop: orFuse(
        orTrouble(flags.bookingStop, base.troubles, base.clock),
        fuseStore,
        base.fuse,
        base.clock,
      ),
    },
    quota: createWatchQuota(base),
    outbox: createOutbox(base),
    watch: createWatchStore(base),
    history: createAttemptHistory(base),
    travelers: createPassengerReader(createTripTravelers(base), base.cipher),
    events: createWebhookEventStore(base),
    notifications: createNotificationStore(base),
    cleanup: createCleanupStore(base),
    removedCards: createRemovedCardStore(base),
    directory: createAttemptDirectory({
      store: createAttemptDirectoryStore(base),
      afterCommit: base.afterCommit,
    }),
    stuckWork: createStuckWorkStore(base),
    cancellations: createCancellationStore(base.db, base),
    refunds: createRefundStore(base),
    receipts: createReceiptStore(base),
    disputes: createDisputeStore(base),
    orphans: createOrphanStore(base),
    bookedOrders: createBookedOrderStore(base),
    cases: createCaseStore(base),
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
  const handlers = createHandlers(deps, {
    booking: createBookingPorts(base, options.saga),
    cancelling: createCancellingPorts(base, options.cancelling),
  });
  const endSchedules = keepSchedules(publisher.queues, {
    monitorIntervalMs: config.MONITOR_INTERVAL_MS,
    log,
  });
  const endAlertRelay = startAlertRelay(deps);
  const endFlagsAlert = startFlagsAlert(deps);
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
      endSchedules();
      endAlertRelay();
      endFlagsAlert();
      await Promise.all(runners.map((runner) => runner.close(timeoutMs)));
      redis.disconnect();
    },
  };
}

/** Searches that may be enqueued until the next sweep: what the quota allows, less the search jobs that wait. */
function createWatchQuota({ quotaLimiter, publisher, config }: Base): WatchQuota {
  return {
    acquire: quotaLimiter.acquire,
    async room() {
      const calls = await quotaLimiter.callsIn(config.MONITOR_INTERVAL_MS);
      if (calls === null) return null;
      const { waiting = 0, delayed = 0 } = await publisher.queues.search.getJobCounts('waiting', 'delayed');
      return Math.max(0, calls - waiting - delayed);
    },
  };
}
