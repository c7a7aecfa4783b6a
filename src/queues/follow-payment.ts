import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Looks at the refunds and disputes of a payment. Safe to enqueue at any time, any number of times. */
export const followPayment = defineJob({
  queue: 'book',
  name: 'follow-payment',
  payload: z.object({
    paymentIntentId: z.string(),
    /** Why it is enqueued again: a sweep. Without it a job that has run would swallow it. */
    nudge: z.string().optional(),
  }),
  jobId: ({ paymentIntentId, nudge }) => ['follow-payment', paymentIntentId, nudge].filter(Boolean).join('-'),
  attempts: 5,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
