import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Cancel a confirmed booking at the airline and give the money back, as its fare allows. */
export const cancelBooking = defineJob({
  queue: 'book',
  name: 'cancel-booking',
  payload: z.object({ bookingId: z.uuid() }),
  jobId: ({ bookingId }) => `cancel-booking-${bookingId}`,
  attempts: 12,
  backoffMs: 2_000,
  timeoutMs: 120_000,
});
