import { sql } from 'kysely';
import type { OpsTripRecords } from '../ports/storage/ops-trips.ts';
import { bookingOfTrip } from './bookings.ts';
import type { Db } from './client/index.ts';
import { findTrip } from './trips.ts';

/** The ids of the trips that a reference means, newest first. Each branch reads an index; cancellations are few. */
export async function tripsMeant(db: Db, reference: string, limit: number): Promise<string[]> {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(reference) ? reference : null;
  const { rows } = await sql<{ id: string }>`
    select t.id from trip_requests t where t.id in (
      select id from trip_requests where id = ${uuid}::uuid or correlation_id = ${reference}
      union select trip_id from booking_attempts
        where id = ${uuid}::uuid or correlation_id = ${reference} or order_id = ${reference} or payment_intent_id = ${reference}
      union select trip_id from flight_bookings where id = ${uuid}::uuid or booking_reference = ${reference.toUpperCase()}
      union select trip_id from booking_attempts
        where status in ('PENDING', 'NEEDS_HUMAN') and order_facts ->> 'bookingReference' = ${reference.toUpperCase()}
      union select trip_id from cancellations where id = ${uuid}::uuid or correlation_id = ${reference}
    ) order by t.created_at desc limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Everything on record about one trip. */
export async function recordsOf(trx: Db, tripId: string, limit: number): Promise<OpsTripRecords | undefined> {
  const [trip, booking, attempts, steps, cancellations, refunds, unsent, entries] = await Promise.all([
    findTrip(trx, tripId),
    bookingOfTrip(trx, tripId),
    attemptsOf(trx, tripId),
    stepsOf(trx, tripId),
    trx
      .selectFrom('cancellations')
      .select(['id', 'status', 'step', 'leaseUntil'])
      .where('tripId', '=', tripId)
      .orderBy('number')
      .execute(),
    trx
      .selectFrom('refunds as r')
      .innerJoin('bookingAttempts as a', 'a.id', 'r.attemptId')
      .select(['r.attemptId', 'r.amountMinor', 'r.currency', 'r.status', 'r.lookedAt', 'r.requestedAt'])
      .select('r.resolvedAt')
      .where('a.tripId', '=', tripId)
      .orderBy('r.requestedAt')
      .execute(),
    trx
      .selectFrom('notifications')
      .select(['kind', 'createdAt', 'lastError'])
      .where('tripId', '=', tripId)
      .where('status', '=', 'PENDING')
      .orderBy('createdAt')
      .execute(),
    newestEntries(trx, tripId, limit),
  ]);
  if (!trip) return undefined;
  const withSteps = attempts.map((attempt) => ({
    ...attempt,
    steps: steps.filter(({ attemptId }) => attemptId === attempt.id).map(({ attemptId: _, ...step }) => step),
  }));
  return { trip, booking, attempts: withSteps, cancellations, refunds, unsent, entries: entries.reverse() };
}

const attemptsOf = (db: Db, tripId: string) =>
  db
    .selectFrom('bookingAttempts')
    .select(['id', 'number', 'status', 'step', 'errorCode', 'errorMessage', 'amountMinor', 'currency'])
    .select(['captureBefore', 'offerId', 'orderId', 'orderFacts', 'paymentIntentId'])
    .select(['startedAt', 'updatedAt', 'finishedAt', 'leaseUntil', 'resumeAt'])
    .where('tripId', '=', tripId)
    .orderBy('number')
    .execute();

const stepsOf = (db: Db, tripId: string) =>
  db
    .selectFrom('bookingSteps as s')
    .innerJoin('bookingAttempts as a', 'a.id', 's.attemptId')
    .select(['s.attemptId', 's.step', 's.tries', 's.outcome', 's.intendedAt', 's.settledAt'])
    .where('a.tripId', '=', tripId)
    .orderBy('s.intendedAt')
    .execute();

const newestEntries = (db: Db, tripId: string, limit: number) =>
  db
    .selectFrom('bookingAudits')
    .select(['id', 'at', 'type', 'detail', 'actor', 'attemptId', 'correlationId'])
    .where('tripId', '=', tripId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
