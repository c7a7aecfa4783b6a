import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Asks the seller to accept a change by the airline. Safe to enqueue at any time, any number of times. */
export const acceptChange = defineJob({
  queue: 'book',
  name: 'accept-change',
  payload: z.object({
    changeId: z.uuid(),
    /** Why it is enqueued again: a sweep. Without it a job that has run would swallow it. */
    nudge: z.string().optional(),
  }),
  jobId: ({ changeId, nudge }) => ['accept-change', changeId, nudge].filter(Boolean).join('-'),
  attempts: 12,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
