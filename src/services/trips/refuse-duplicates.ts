import { isDuplicate, type Journey } from '../../domain/duplicate-trip.ts';
import { Refused } from '../../errors.ts';
import type { TripOfTraveler } from '../../ports/storage/trips.ts';

/** A trip that is about to be taken, or that changes. */
export interface AskedTrip extends Journey {
  readonly id: string;
  readonly travelerIds: readonly string[];
}

/**
 * Refuses a trip that one of its travellers hardly means beside another of theirs. Whoever means it says so with
 * `allowDuplicate`.
 * @param others trips of the same travellers
 * @throws Refused `conflict`, naming the other trip
 */
export function refuseDuplicates(asked: AskedTrip, others: readonly TripOfTraveler[]): void {
  const duplicate = others.find((other) => other.id !== asked.id && isDuplicate(asked, other));
  if (!duplicate) return;
  const { id, origin, destination, departureDate, returnDate } = duplicate;
  const days = returnDate === null ? `on ${departureDate}` : `from ${departureDate} to ${returnDate}`;
  const fields = asked.travelerIds.flatMap((travelerId, index) =>
    duplicate.travelerIds.includes(travelerId)
      ? [{ field: `travelerIds.${index}`, code: 'duplicate' as const, message: `flies on trip ${id} then` }]
      : [],
  );
  throw new Refused(
    'conflict',
    `A traveller has another trip then: ${id}, ${origin} to ${destination} ${days}. Cancel or change that one, or send allowDuplicate: true to have both.`,
    fields,
    { conflictingTripId: id },
  );
}
