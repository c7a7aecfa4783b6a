import type { Kysely } from 'kysely';
import type { DB } from '../../src/db/client/index.ts';
import { createAttemptHistory } from '../../src/db/stores/attempt-history.ts';
import { createAttemptStore } from '../../src/db/stores/attempts.ts';
import { createOwnSearches } from '../../src/db/stores/own-searches.ts';
import { createTripTravelers } from '../../src/db/stores/trip-travelers.ts';
import { createPassengerReader } from '../../src/services/booking/passengers.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { createPiiCipher } from '../../src/services/privacy/pii-cipher.ts';

/** Bounds that no benchmark reaches. */
export const LOOSE = {
  currency: 'GBP',
  spendPerHour: 1e12,
  bookingsPerMinute: 1e9,
  unknownsPerHour: 1e9,
  userSpendPerHour: 1e9,
  userBookingsPerHour: 1e6,
};
export const SCHEDULE = { watchIntervalMs: 600_000, freshnessMs: 300_000 };

/** The booking saga's storage as the product composes it, with flags that are all on. */
export function storageOf(
  db: Kysely<DB>,
  afterCommit: () => void,
  claimMs: number,
): Pick<
  BookingPorts,
  'store' | 'offers' | 'history' | 'travelers' | 'flagsOf' | 'alertFuse' | 'afterCommit'
> {
  const cipher = createPiiCipher([{ version: 'v1', key: Buffer.alloc(32) }]);
  return {
    store: createAttemptStore(db, { claimMs }),
    offers: createOwnSearches({ db }),
    history: createAttemptHistory({ db }),
    travelers: createPassengerReader(createTripTravelers({ db }), cipher),
    flagsOf: async () => ({ auto_booking_pipeline_enabled: true }),
    alertFuse: async () => undefined,
    afterCommit,
  };
}
