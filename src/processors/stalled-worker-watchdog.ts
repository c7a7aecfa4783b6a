import type { Queue } from 'bullmq';

/** How often the watchdog checks whether jobs wait while the worker starts none. */
const CHECK_INTERVAL_MS = 3_000;
/** Consecutive checks that find the worker stalled before it is restarted. */
const STALLED_CHECKS = 2;

export interface WatchdogOptions {
  /** The queue, over another connection than the worker's. */
  readonly handle: Pick<Queue, 'getJobCounts' | 'getRateLimitTtl' | 'isPaused'>;
  /** Starts per duration that the limiter allows; at that many the queue waits, and the worker is not stalled. */
  readonly limit: number;
  /** Jobs started so far. */
  readonly started: () => number;
  /** Whether the worker runs as many jobs as it may. */
  readonly full: () => boolean;
  /** Replaces the worker. */
  readonly restart: () => Promise<void>;
}

/** Starts the watchdog. @returns a function that stops it */
export function startStalledWorkerWatchdog(options: WatchdogOptions): () => void {
  const check = createStalledWorkerCheck(options);
  const timer = setInterval(() => void check().catch(() => undefined), CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}

/**
 * After a failover a BullMQ worker may look alive and start no more jobs: its blocking connection waits for an answer that
 * never comes. So the watchdog counts started jobs, and restarts the worker when jobs wait and it starts none.
 * @returns one check; it remembers what it saw for the next one
 */
export function createStalledWorkerCheck({ handle, limit, started, full, restart }: WatchdogOptions) {
  let seen = { started: 0, stalledChecks: 0 };
  return async (): Promise<void> => {
    const working = started() !== seen.started || full() || !(await hasRunnableJobs(handle, limit));
    seen = { started: started(), stalledChecks: working ? 0 : seen.stalledChecks + 1 };
    if (seen.stalledChecks < STALLED_CHECKS) return;
    seen.stalledChecks = 0;
    await restart();
  };
}

/** Whether jobs wait, and neither a pause nor the limiter keeps them waiting. */
async function hasRunnableJobs(handle: WatchdogOptions['handle'], limit: number): Promise<boolean> {
  const { waiting = 0, prioritized = 0 } = await handle.getJobCounts('waiting', 'prioritized');
  if (waiting + prioritized === 0 || (await handle.isPaused())) return false;
  return (await handle.getRateLimitTtl(limit)) <= 0;
}
