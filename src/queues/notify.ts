import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Sends one notification, at most once. */
export const notify = defineJob({
  queue: 'notify',
  name: 'notify',
  payload: z.object({ notificationId: z.uuid(), nudge: z.string().optional() }),
  jobId: ({ notificationId, nudge }) => ['notify', notificationId, nudge].filter(Boolean).join('-'),
  attempts: 10,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
