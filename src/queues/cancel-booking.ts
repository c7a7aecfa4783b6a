import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Take the cancellation of a booking as far as it will go. Safe to enqueue at any time, any number of times. */
export const cancelBooking = defineJob({
  queue: 'book',
  name: 'cancel-booking',
  payload: z.object({
    bookingId: z.uuid(),
    /** Why it is enqueued again: a later request, a sweep. Without it a job that has run would swallow it. */
    nudge: z.string().optional(),
  }),
  jobId: ({ bookingId, nudge }) => ['cancel-booking', bookingId, nudge].filter(Boolean).join('-'),
  attempts: 12,
  backoffMs: 2_000,
  timeoutMs: 300_000,
});
