import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Reads a booked order at its seller. Safe to enqueue at any time, any number of times. */
export const followOrder = defineJob({
  queue: 'book',
  name: 'follow-order',
  payload: z.object({
    orderId: z.string(),
    /** Why it is enqueued again: a sweep. Without it a job that has run would swallow it. */
    nudge: z.string().optional(),
  }),
  jobId: ({ orderId, nudge }) => ['follow-order', orderId, nudge].filter(Boolean).join('-'),
  attempts: 5,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
