import { z } from 'zod';
import { defineJob } from './contract.ts';

/** The steps of the nightly cleanup, in the order in which they are enqueued. */
export const CLEANUP_STEPS = [
  'expire-trips',
  'stale-offers',
  'leftovers',
  'anonymise',
  'prune-logs',
] as const;
export type CleanupStep = (typeof CLEANUP_STEPS)[number];

/** Runs one step of the cleanup; `all` enqueues every step. */
export const cleanup = defineJob({
  queue: 'cleanup',
  name: 'cleanup',
  payload: z.object({ step: z.enum(['all', ...CLEANUP_STEPS]), day: z.iso.date().optional() }),
  jobId: ({ step, day }) => `cleanup-${step}-${day ?? 'now'}`,
  attempts: 3,
  backoffMs: 5_000,
  timeoutMs: 600_000,
});
