import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Carries out a person's decision about an orphan or a refund. Safe to enqueue any number of times. */
export const caseAction = defineJob({
  queue: 'book',
  name: 'case',
  payload: z.object({
    actionId: z.uuid(),
    /** Why it is enqueued again. */
    nudge: z.string().optional(),
  }),
  jobId: ({ actionId, nudge }) => ['case', actionId, nudge].filter(Boolean).join('-'),
  attempts: 8,
  backoffMs: 2_000,
  timeoutMs: 120_000,
});
