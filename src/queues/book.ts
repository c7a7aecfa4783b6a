import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Take one booking attempt as far as it will go. Safe to ask for at any time, any number of times. */
export const book = defineJob({
  queue: 'book',
  name: 'book',
  payload: z.object({
    attemptId: z.uuid(),
    tripId: z.uuid(),
    number: z.number().int(),
    /** Why it is asked for again: a reconciler's epoch, a webhook's id. */
    nudge: z.string().optional(),
  }),
  jobId: ({ tripId, number, nudge }) =>
    ['book', tripId, number, nudge].filter((part) => part !== undefined).join('-'),
  attempts: 8,
  backoffMs: 1_000,
  timeoutMs: 300_000,
});
