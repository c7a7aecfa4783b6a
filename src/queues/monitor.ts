import { z } from 'zod';
import { defineJob } from './contract.ts';

/** One tick: find the trips that are due, ask for the searches they share, end those whose day has come. */
export const monitor = defineJob({
  queue: 'monitor',
  name: 'monitor',
  payload: z.object({ tick: z.number().int().optional() }),
  jobId: ({ tick }) => `monitor-${tick ?? 'now'}`,
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 120_000,
});
