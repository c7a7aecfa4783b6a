import type { z } from 'zod';
import type { QueueName } from '../config.ts';

/**
 * What may be asked of the fleet: one per job, with everything that belongs to it in one place.
 * A payload holds ids, never facts; new fields are optional and unknown ones are dropped, so that old and new workers
 * may overlap in a deploy.
 */
export interface JobContract<Payload = never> {
  readonly queue: QueueName;
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
  /** Deterministic, so that asking twice is asking once. Without `:`, and not of digits only. */
  readonly jobId: (payload: Payload) => string;
  /** Runs before the job is given up; what it stands for is still found by a sweep. */
  readonly attempts: number;
  /** First wait between attempts; it doubles, and half of it is chance. */
  readonly backoffMs: number;
  /** A handler that has not answered by then is told to stop. */
  readonly timeoutMs: number;
}

export type PayloadOf<Contract> = Contract extends JobContract<infer Payload> ? Payload : never;

export const defineJob = <Payload>(contract: JobContract<Payload>): JobContract<Payload> => contract;

/** How each queue is worked, by one worker process. */
export interface QueueSettings {
  readonly concurrency: number;
  /** Starts per duration over the whole fleet; also what allows a worker to pause the queue on a vendor's 429. */
  readonly limiter: { readonly max: number; readonly duration: number };
}

export const QUEUES: Record<QueueName, QueueSettings> = {
  search: { concurrency: 8, limiter: { max: 500, duration: 1_000 } },
  monitor: { concurrency: 2, limiter: { max: 50, duration: 1_000 } },
  // A booking mostly waits for vendors, up to two minutes for an airline: a worker holds many at once. What paces bookings is the fuse
  // and the provider's quota; the limit is far above what a database commits.
  book: { concurrency: 250, limiter: { max: 5_000, duration: 1_000 } },
  notify: { concurrency: 8, limiter: { max: 100, duration: 1_000 } },
  cleanup: { concurrency: 1, limiter: { max: 20, duration: 1_000 } },
};

/** Finished jobs are kept for people to look at, and no longer: by age in seconds, by number per queue. */
export const RETENTION = {
  removeOnComplete: { age: 3_600, count: 2_000 },
  removeOnFail: { age: 7 * 86_400, count: 5_000 },
} as const;

/** The hash tag keeps all keys of one queue on one shard, and spreads the queues over a Redis Cluster. */
export const queuePrefix = (prefix: string, queue: QueueName): string => `{${prefix}-${queue}}`;
