import type { Queue } from 'bullmq';
import type { QueueName } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type JobName, jobs } from './index.ts';
import { jobOptions } from './publisher.ts';

/** How often stuck work is looked for: well under the time a traveller would wait for news. */
const RECONCILE_INTERVAL_MS = 15_000;
/** How often the vendors' lists are compared with our tables: what webhooks and lookups miss is rare. */
const VENDORS_INTERVAL_MS = 10 * 60_000;
/** Night in most of Europe, evening in America: the fleet's quiet hour. */
const CLEANUP_PATTERN = '0 30 2 * * *';

/** How often a worker looks whether the schedules are still there. */
const CHECK_INTERVAL_MS = 10_000;
/** A schedule whose next run lies this far in the past has stopped. */
const STOPPED_AFTER_MS = 60_000;

interface Schedule {
  readonly job: JobName;
  readonly repeat: { every: number } | { pattern: string; tz: string };
  readonly data: object;
}

type Queues = Record<QueueName, Queue>;

/** Ticks live on queues that stay short, for a schedule starves behind a backlog of its own queue. */
const schedules = (monitorIntervalMs: number): Schedule[] => [
  { job: 'monitor', repeat: { every: monitorIntervalMs }, data: {} },
  { job: 'reconcile', repeat: { every: Math.min(RECONCILE_INTERVAL_MS, monitorIntervalMs) }, data: {} },
  { job: 'reconcile-vendors', repeat: { every: VENDORS_INTERVAL_MS }, data: {} },
  { job: 'cleanup', repeat: { pattern: CLEANUP_PATTERN, tz: 'UTC' }, data: { step: 'all' } },
];

/** Writes the schedules into Redis; the same call again changes nothing. */
export async function upsertSchedules(queues: Queues, options: { monitorIntervalMs: number }): Promise<void> {
  for (const schedule of schedules(options.monitorIntervalMs)) await upsert(queues, schedule);
}

const upsert = (queues: Queues, { job, repeat, data }: Schedule) =>
  queues[jobs[job].queue].upsertJobScheduler(job, repeat, { name: job, data, opts: jobOptions(job) });

/**
 * Keeps the schedules alive: writes them now, and again whenever Redis has lost them or one of them has stopped.
 * @returns what ends the keeping
 */
export function keepSchedules(
  queues: Queues,
  options: { monitorIntervalMs: number; log: Logger },
): () => void {
  const mend = async () => {
    for (const schedule of schedules(options.monitorIntervalMs)) {
      const known = await queues[jobs[schedule.job].queue].getJobScheduler(schedule.job);
      if (known?.next && known.next > Date.now() - STOPPED_AFTER_MS) continue;
      await upsert(queues, schedule);
      options.log.warn(
        { schedule: schedule.job },
        'the schedule was lost or had stopped, and is written anew',
      );
    }
  };
  // With Redis away there is nothing to mend yet; the next look comes soon.
  const look = () => void mend().catch(() => undefined);
  void upsertSchedules(queues, options).catch(() => undefined);
  const timer = setInterval(look, CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}
