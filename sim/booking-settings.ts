import { CLAIM_MS } from '../src/domain/attempt.ts';
import type { FuseLimits } from '../src/ports/storage/fuse-check.ts';
import type { BookingSettings } from '../src/services/booking/ports.ts';
import { SCHEDULE } from './simulated.ts';

const MINUTE = 60_000;

/** The booking saga's settings in a simulation: those of production, as src/app/saga-ports.ts has them. */
export const bookingSettings = (fuse: Omit<FuseLimits, 'currency'>): BookingSettings => ({
  claimMs: CLAIM_MS,
  orderLookupMs: 72 * 60 * MINUTE,
  orderLookupLeastMs: 4 * 130_000,
  orderPollMs: 5_000,
  paymentLookupMs: 70_000,
  confirmation: { leastMs: 5 * MINUTE, mostMs: 12 * 60 * MINUTE },
  schedule: SCHEDULE,
  fuse: { ...fuse, currency: 'GBP' },
});
