import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Runs one booking attempt until it ends or must wait. It is safe to enqueue it at any time, any number of times. */
export const book = defineJob({
  queue: 'book',
  name: 'book',
  payload: z.object({
    attemptId: z.uuid(),
    tripId: z.uuid(),
    number: z.number().int(),
    /** Why it was requeued, so that the job id is new: an epoch, or a webhook event's id. */
    nudge: z.string().optional(),
  }),
  jobId: ({ tripId, number, nudge }) =>
    ['book', tripId, number, nudge].filter((part) => part !== undefined).join('-'),
  attempts: 8,
  backoffMs: 1_000,
  timeoutMs: 300_000,
});
