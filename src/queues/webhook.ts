import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Looks up at the vendor what a webhook event reported. */
export const webhook = defineJob({
  queue: 'book',
  name: 'webhook',
  payload: z.object({
    /** A `WebhookSource`. It is no enum: workers of the previous version must read events of a new vendor. */
    provider: z.string(),
    eventId: z.string(),
    nudge: z.string().optional(),
  }),
  jobId: ({ provider, eventId, nudge }) =>
    ['webhook', provider, eventId.replaceAll(':', '_'), nudge].filter(Boolean).join('-'),
  attempts: 8,
  backoffMs: 1_000,
  timeoutMs: 60_000,
});
