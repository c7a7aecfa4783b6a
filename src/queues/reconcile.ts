import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Finds stuck work in Postgres alone, and requeues it. */
export const reconcile = defineJob({
  queue: 'monitor',
  name: 'reconcile',
  payload: z.object({ tick: z.number().int().optional() }),
  jobId: ({ tick }) => `reconcile-${tick ?? 'now'}`,
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 60_000,
});
