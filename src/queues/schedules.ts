import type { Queue } from 'bullmq';
import type { QueueName } from '../config.ts';
import { type JobName, jobs } from './index.ts';
import { jobOptions } from './publisher.ts';

/** How often stuck work is looked for: well under the time a traveller would wait for news. */
export const RECONCILE_INTERVAL_MS = 15_000;
/** Night in most of Europe, evening in America: the fleet's quiet hour. */
const CLEANUP_PATTERN = '0 30 2 * * *';

/**
 * Writes the schedules into Redis; the same call again changes nothing. Ticks live on queues that stay short, for a
 * schedule starves behind a backlog of its own queue.
 */
export async function upsertSchedules(
  queues: Record<QueueName, Queue>,
  options: { monitorIntervalMs: number },
): Promise<void> {
  const put = (name: JobName, repeat: { every: number } | { pattern: string; tz: string }, data: object) =>
    queues[jobs[name].queue].upsertJobScheduler(name, repeat, { name, data, opts: jobOptions(name) });
  await put('monitor', { every: options.monitorIntervalMs }, {});
  await put('reconcile', { every: Math.min(RECONCILE_INTERVAL_MS, options.monitorIntervalMs) }, {});
  await put('cleanup', { pattern: CLEANUP_PATTERN, tz: 'UTC' }, { step: 'all' });
}
