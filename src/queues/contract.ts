import type { z } from 'zod';
import type { QueueName } from '../domain/queue-names.ts';

/**
 * One job that the fleet runs, with everything that belongs to it in one place.
 * A payload holds ids, never facts. New fields are optional and unknown ones are dropped, so that old and new workers may
 * overlap in a deploy.
 */
export interface JobContract<Payload = never> {
  readonly queue: QueueName;
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
  /** Deterministic, so that a job enqueued twice runs once. Without `:`, and not of digits only. */
  readonly jobId: (payload: Payload) => string;
  /** Runs before the job is given up. A sweep still finds the work that it stands for. */
  readonly attempts: number;
  /** First wait between attempts, in ms. It doubles with each attempt, and half of it is random. */
  readonly backoffMs: number;
  /** The handler's signal is aborted after this, in ms. */
  readonly timeoutMs: number;
}

/** The payload that a contract's schema parses. */
export type PayloadOf<Contract> = Contract extends JobContract<infer Payload> ? Payload : never;

/** Infers the payload's type from the contract's schema. */
export const defineJob = <Payload>(contract: JobContract<Payload>): JobContract<Payload> => contract;

/** How one worker process runs a queue. */
export interface QueueSettings {
  /** Jobs that one worker process runs at a time. */
  readonly concurrency: number;
  /** Starts per `duration` (ms) over the whole fleet. BullMQ lets a worker pause a queue only if it has a limiter. */
  readonly limiter: { readonly max: number; readonly duration: number };
}

/** The settings of each queue. */
export const QUEUES: Record<QueueName, QueueSettings> = {
  search: { concurrency: 8, limiter: { max: 500, duration: 1_000 } },
  monitor: { concurrency: 2, limiter: { max: 50, duration: 1_000 } },
  // A booking mostly waits for vendors, up to two minutes for an airline, so one worker runs many at a time. The fuse and the
  // provider's quota limit bookings; the limiter is far above what a database commits.
  book: { concurrency: 250, limiter: { max: 5_000, duration: 1_000 } },
  notify: { concurrency: 8, limiter: { max: 100, duration: 1_000 } },
  cleanup: { concurrency: 1, limiter: { max: 20, duration: 1_000 } },
};

/** How long finished jobs stay visible to ops: by age in seconds, and by number per queue. */
export const RETENTION = {
  removeOnComplete: { age: 3_600, count: 2_000 },
  removeOnFail: { age: 7 * 86_400, count: 5_000 },
} as const;

/** The hash tag keeps all keys of one queue on one shard, and spreads the queues over a Redis Cluster. */
export const queuePrefix = (prefix: string, queue: QueueName): string => `{${prefix}-${queue}}`;
