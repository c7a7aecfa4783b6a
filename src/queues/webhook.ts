import { z } from 'zod';
import { defineJob } from './contract.ts';

/** A vendor says something happened: go and look. */
export const webhook = defineJob({
  queue: 'book',
  name: 'webhook',
  payload: z.object({
    provider: z.enum(['stripe', 'duffel']),
    eventId: z.string(),
    nudge: z.string().optional(),
  }),
  jobId: ({ provider, eventId, nudge }) =>
    ['webhook', provider, eventId.replaceAll(':', '_'), nudge].filter(Boolean).join('-'),
  attempts: 8,
  backoffMs: 1_000,
  timeoutMs: 60_000,
});
