import { z } from 'zod';
import { defineJob } from './contract.ts';

/** One sweep: ends the trips whose departure has passed, and enqueues the searches that due trips share. */
export const monitor = defineJob({
  queue: 'monitor',
  name: 'monitor',
  payload: z.object({ tick: z.number().int().optional() }),
  jobId: ({ tick }) => `monitor-${tick ?? 'now'}`,
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 120_000,
});
