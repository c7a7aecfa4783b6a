import { Refused } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Flags } from '../../ports/flags.ts';
import type { SearchSchedule } from '../../ports/search-schedule.ts';
import type { TripStore } from '../../ports/storage/trips.ts';
import type { PiiCipher } from '../privacy/pii-cipher.ts';

/** What the use-cases of trips need; each takes the part it uses. */
export interface TripDeps {
  readonly trips: TripStore;
  readonly cipher: PiiCipher;
  readonly flags: Flags;
  readonly schedule: SearchSchedule;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether the sellers' orders are real tickets. Their test modes answer certain routes, some of them within one city. */
  readonly liveOrders: boolean;
  /** Called after each commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** A request of a traveller about one of their trips. */
export interface TripRequest {
  readonly id: string;
  readonly userId: string;
  readonly correlationId: string;
}

/**
 * A trip that was read as its user. Storage shows no trip of another user, so that theirs and none look the same.
 * @throws Refused `missing`
 */
export function requireTrip<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Refused('missing', 'There is no such trip.');
  return found;
}

/** @throws Refused `unavailable` while new bookings are stopped for this user */
export async function refuseWhileStopped(flags: Pick<Flags, 'bookingStop'>, userId: string): Promise<void> {
  const stop = await flags.bookingStop(userId);
  if (stop)
    throw new Refused(
      'stopped',
      `${stop.message} Post the trip with autoBook off to have it watched, or try again later.`,
    );
}
