import type { Queue } from 'bullmq';

/** How often it is looked whether jobs wait that nobody takes, and for how many looks on end that may be so. */
const LOOK_MS = 3_000;
const LOOKS = 2;

export interface StandstillOptions {
  /** The queue as others see it, over a connection of its own. */
  readonly handle: Pick<Queue, 'getJobCounts' | 'getRateLimitTtl' | 'isPaused'>;
  /** Starts the limiter allows; at that many the queue waits by right. */
  readonly limit: number;
  /** Jobs begun so far. */
  readonly begun: () => number;
  /** Whether it has all it may hold. */
  readonly full: () => boolean;
  /** Begins the worker anew. */
  readonly restart: () => Promise<void>;
}

/** Looks now and then, until told to stop. */
export function watchStandstill(options: StandstillOptions): () => void {
  const look = standstillOf(options);
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return () => clearInterval(timer);
}

/**
 * After a failover a BullMQ worker may look alive and take nothing any more: its blocking connection waits for an answer
 * that will not come. So it is judged by what it takes, and begun anew when jobs wait and it takes none.
 * @returns one look; what it sees is remembered for the next
 */
export function standstillOf({ handle, limit, begun, full, restart }: StandstillOptions) {
  let seen = { begun: 0, still: 0 };
  return async (): Promise<void> => {
    const moving = begun() !== seen.begun || full() || !(await mayTake(handle, limit));
    seen = { begun: begun(), still: moving ? 0 : seen.still + 1 };
    if (seen.still < LOOKS) return;
    seen.still = 0;
    await restart();
  };
}

async function mayTake(handle: StandstillOptions['handle'], limit: number): Promise<boolean> {
  const { waiting = 0, prioritized = 0 } = await handle.getJobCounts('waiting', 'prioritized');
  if (waiting + prioritized === 0 || (await handle.isPaused())) return false;
  return (await handle.getRateLimitTtl(limit)) <= 0;
}
