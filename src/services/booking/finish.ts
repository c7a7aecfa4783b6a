import { sql } from 'kysely';
import { updateFenced } from '../../db/attempts.ts';
import { audit } from '../../db/audits.ts';
import type { Trx } from '../../db/client.ts';
import { moveTrip } from '../../db/trips.ts';
import type { Attempt, OrderFacts } from '../../domain/attempt.ts';
import type { Ending } from '../../domain/attempt-change.ts';
import type { Offer } from '../../domain/offer.ts';
import { freshnessWindow } from '../../domain/search.ts';
import { enqueue } from '../../queues/outbox.ts';
import type { Cadence } from '../deps.ts';
import { notifyLater } from '../notify-later.ts';
import { auditEntries } from './audit-entries.ts';
import { consequencesOf } from './endings.ts';

/**
 * Writes the end of an attempt: what it means for trip, booking, timeline and mail, in one transaction. The trip's row is
 * taken before the attempt's, as a traveller who cancels does it: the other way round the two would wait for each other.
 */
export async function finishAttempt(
  trx: Trx,
  attempt: Attempt,
  ending: Ending,
  { flags, cadence, now }: { flags: Record<string, boolean>; cadence: Cadence; now: Date },
): Promise<void> {
  const { tripId, userId, correlationId } = attempt;
  const meaning = consequencesOf(attempt, ending, { cadence, now });
  const { from, to, ...trip } = meaning.trip;
  const moved = await moveTrip(trx, tripId, from, to, trip);
  const { status, over, errorCode, errorMessage } = meaning.attempt;
  await updateFenced(trx, attempt, {
    status,
    leaseUntil: null,
    ...(over && { step: 'done', finishedAt: sql`now()` }),
    ...(errorCode && { errorCode, errorMessage }),
  });
  if (ending.kind === 'booked') await insertBooking(trx, attempt);
  await audit(trx, ...auditEntries(attempt, meaning.events, flags));
  const told = moved && meaning.tellIfMoved ? [...meaning.tell, meaning.tellIfMoved] : meaning.tell;
  for (const one of told) await notifyLater(trx, { ...one, userId, tripId, correlationId });
  if (moved && meaning.searchAt) await searchAgain(trx, attempt, meaning.searchAt, cadence);
}

async function insertBooking(trx: Trx, attempt: Attempt): Promise<void> {
  const order = attempt.order as OrderFacts;
  const offer = attempt.offer as Offer;
  await trx
    .insertInto('flightBookings')
    .values({
      tripId: attempt.tripId,
      userId: attempt.userId,
      attemptId: attempt.id,
      provider: offer.provider,
      orderId: order.orderId,
      paymentIntentId: attempt.paymentIntentId as string,
      bookingReference: order.bookingReference,
      priceMinor: order.total.minor,
      currency: order.total.currency,
      ticketNumbers: [...order.ticketNumbers],
      itinerary: JSON.stringify(offer.slices),
    })
    .execute();
}

/** A search of the trip's own, so that it need not wait for the next sweep. */
async function searchAgain(trx: Trx, attempt: Attempt, runAt: Date, { freshnessMs }: Cadence): Promise<void> {
  const { tripId, number, correlationId } = attempt;
  const { searchKey } = attempt.trip;
  const window = freshnessWindow(runAt, freshnessMs);
  await enqueue(trx, 'search', { searchKey, window, tripId, nth: number }, { correlationId, runAt });
}
