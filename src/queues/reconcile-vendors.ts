import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Compares the vendors' lists of our orders and authorizations with our tables. */
export const reconcileVendors = defineJob({
  queue: 'monitor',
  name: 'reconcile-vendors',
  payload: z.object({ tick: z.number().int().optional() }),
  jobId: ({ tick }) => `reconcile-vendors-${tick ?? 'now'}`,
  attempts: 3,
  backoffMs: 5_000,
  timeoutMs: 120_000,
});
