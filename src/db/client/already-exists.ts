import { AlreadyExists, type UniqueThing } from '../../errors.ts';
import { isUniqueViolation } from './index.ts';

/** The unique constraints whose violation a use-case handles. */
const CONSTRAINTS: Record<UniqueThing, string> = {
  trip: 'trip_requests_pkey',
  traveler: 'travelers_pkey',
  live_attempt: 'booking_attempts_one_live',
};

/**
 * Maps a violation of one of the constraints to the port's error.
 * @throws AlreadyExists when one of the constraints refused the transaction
 */
export async function sayingWhatExists<T>(transaction: Promise<T>): Promise<T> {
  try {
    return await transaction;
  } catch (cause) {
    for (const [what, constraint] of Object.entries(CONSTRAINTS))
      if (isUniqueViolation(cause, constraint)) throw new AlreadyExists(what as UniqueThing, { cause });
    throw cause;
  }
}
