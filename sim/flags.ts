import { createFlags } from '../src/flags/flags.ts';
import type { Flags } from '../src/ports/flags.ts';
import type { BookingFlags } from '../src/services/booking/ports.ts';
import { orTrouble } from '../src/services/troubles/index.ts';
import { selectionRules } from '../src/services/watching/selection-rules.ts';
import type { FlagService } from './flag-service.ts';
import type { Vendors } from './vendors/vendors.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Flags as every worker of a run sees them, and as the booking saga does: as src/app/ has them. */
export function flagsOf(
  { evaluate, confirm }: FlagService,
  { troubles }: Vendors,
  time: VirtualTime,
): { flags: Flags; bookingFlags: BookingFlags } {
  const flags = createFlags(evaluate, { liveToken: false, confirm });
  const clock = { now: () => new Date(time.now) };
  return {
    flags,
    bookingFlags: {
      bookingStop: orTrouble(flags.bookingStop, troubles, clock),
      selectionRules: () => selectionRules(flags),
    },
  };
}
