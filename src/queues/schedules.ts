import type { Queue } from 'bullmq';
import type { QueueName } from '../domain/queue-names.ts';
import type { Logger } from '../ports/log.ts';
import { type JobName, jobs } from './index.ts';
import { jobOptions } from './outbox/publisher.ts';

/** How often the rescuer looks for stuck work: well under the time a traveller would wait for news. */
const RECONCILE_INTERVAL_MS = 15_000;
/** How often the vendors' lists are compared with our tables. Webhooks and lookups rarely miss anything. */
const VENDORS_INTERVAL_MS = 10 * 60_000;
/** 02:30 UTC: night in Europe, evening in America, when the fleet has least to do. */
const CLEANUP_PATTERN = '0 30 2 * * *';

/** How often a worker checks that the schedules still exist. */
const CHECK_INTERVAL_MS = 10_000;
/** A schedule whose next run is this far in the past has stopped. */
const STOPPED_AFTER_MS = 60_000;

interface Schedule {
  readonly job: JobName;
  readonly repeat: { every: number } | { pattern: string; tz: string };
  readonly data: object;
}

type Queues = Record<QueueName, Queue>;

/** Schedules are on queues that stay short: behind a backlog of its own queue a schedule does not run. */
const schedules = (monitorIntervalMs: number): Schedule[] => [
  { job: 'monitor', repeat: { every: monitorIntervalMs }, data: {} },
  { job: 'reconcile', repeat: { every: Math.min(RECONCILE_INTERVAL_MS, monitorIntervalMs) }, data: {} },
  { job: 'reconcile-vendors', repeat: { every: VENDORS_INTERVAL_MS }, data: {} },
  { job: 'cleanup', repeat: { pattern: CLEANUP_PATTERN, tz: 'UTC' }, data: { step: 'all' } },
];

/** Writes the schedules into Redis. A second call changes nothing. */
export async function upsertSchedules(queues: Queues, options: { monitorIntervalMs: number }): Promise<void> {
  for (const schedule of schedules(options.monitorIntervalMs)) await upsert(queues, schedule);
}

const upsert = (queues: Queues, { job, repeat, data }: Schedule) =>
  queues[jobs[job].queue].upsertJobScheduler(job, repeat, { name: job, data, opts: jobOptions(job) });

/**
 * Writes the schedules now, and again whenever Redis has lost one or one has stopped.
 * @returns a function that ends this
 */
export function keepSchedules(
  queues: Queues,
  options: { monitorIntervalMs: number; log: Logger },
): () => void {
  const repair = async () => {
    for (const schedule of schedules(options.monitorIntervalMs)) {
      const known = await queues[jobs[schedule.job].queue].getJobScheduler(schedule.job);
      if (known?.next && known.next > Date.now() - STOPPED_AFTER_MS) continue;
      await upsert(queues, schedule);
      options.log.warn({ schedule: schedule.job }, 'restored a lost or stopped schedule');
    }
  };
  // While Redis is down there is nothing to repair; the next check follows soon.
  const check = () => void repair().catch(() => undefined);
  void upsertSchedules(queues, options).catch(() => undefined);
  const timer = setInterval(check, CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}
