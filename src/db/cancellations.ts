import { sql } from 'kysely';
import type {
  Cancellation,
  CancellationAsker,
  CancellationPatch,
  CancellationStatus,
} from '../domain/cancellation.ts';
import type { PastIntent } from '../domain/saga.ts';
import type { CancellationEnd } from '../ports/storage/cancellations.ts';
import type { Claim } from '../ports/storage/saga.ts';
import type { Db, Trx } from './client/index.ts';
import { insertNotifications } from './notifications.ts';
import { paidElsewhereOf } from './paid-elsewhere.ts';
import { resolveFailedRefunds } from './refunds.ts';
import { moveTrip } from './trips.ts';

const leaseEnd = (claimMs: number) => sql<Date>`now() + ${claimMs} * interval '1 millisecond'`;

/** Inserts the cancellation of a booking that was requested, unless it has a live one. @returns its number */
export async function insertCancellation(
  trx: Db,
  bookingId: string,
  correlationId: string | null,
  acceptedMinor: number | null = null,
  requestedBy: CancellationAsker = 'traveller',
): Promise<number | undefined> {
  const { rows } = await sql<{ number: number }>`
    insert into cancellations (booking_id, attempt_id, trip_id, user_id, number, correlation_id, requested_at, accepted_minor, requested_by)
    select b.id, b.attempt_id, b.trip_id, b.user_id,
           (select coalesce(max(c.number), 0) + 1 from cancellations c where c.booking_id = b.id),
           coalesce(${correlationId}, t.correlation_id), b.cancel_requested_at, ${acceptedMinor}::bigint, ${requestedBy}
    from flight_bookings b join trip_requests t on t.id = b.trip_id
    where b.id = ${bookingId} and b.status = 'CONFIRMED' and b.cancel_requested_at is not null
    on conflict do nothing
    returning number`.execute(trx);
  return rows[0]?.number;
}

/** Where the booking's live cancellation stands. */
export async function liveCancellation(trx: Trx, bookingId: string): Promise<CancellationStatus | undefined> {
  const row = await trx
    .selectFrom('cancellations')
    .select('status')
    .where('bookingId', '=', bookingId)
    .where('status', 'in', ['PENDING', 'NEEDS_HUMAN'])
    .executeTakeFirst();
  return row?.status;
}

/** The steps at which there may be no ticket any more: a person may have been called when the order was cancelled. */
const PAST_TICKET = ['verify_order', 'refund', 'verify_refund'] as const;

/** Claims the live cancellation of a booking and raises its epoch; null when there is none, or a worker has claimed it. */
export async function claimCancellation(
  trx: Trx,
  bookingId: string,
  claimMs: number,
): Promise<Claim<Cancellation> | null> {
  const row = await trx
    .updateTable('cancellations as c')
    .from('flightBookings as b')
    .set({ epoch: sql`c.epoch + 1`, leaseUntil: leaseEnd(claimMs), updatedAt: sql`now()` })
    .whereRef('b.id', '=', 'c.bookingId')
    .where('c.bookingId', '=', bookingId)
    .where('c.status', '=', 'PENDING')
    // The version before may have ended it on the booking alone; a refund that failed afterwards is taken up again.
    .where((eb) => eb.or([eb('b.status', '=', 'CONFIRMED'), eb('c.step', 'in', [...PAST_TICKET])]))
    .where('b.cancelRequestedAt', 'is not', null)
    .where((eb) => eb.or([eb('c.leaseUntil', 'is', null), eb('c.leaseUntil', '<', sql<Date>`now()`)]))
    .returning([
      'c.id',
      'c.bookingId',
      'c.attemptId',
      'c.tripId',
      'c.userId',
      'c.requestedBy',
      'c.number',
      'c.status',
      'c.step',
      'c.epoch',
      'c.correlationId',
      'c.quote',
      'c.airlineRefund',
      'c.refundMinor',
      'c.acceptedMinor',
      'b.orderId',
      'b.paymentIntentId',
      'b.priceMinor',
      'b.currency',
      'b.status as bookingStatus',
    ])
    .returning(
      sql<string[]>`array(select r.provider_refund_id from refunds r
        where r.attempt_id = c.attempt_id and r.resolved_at is not null and r.provider_refund_id is not null)`.as(
        'resolvedRefunds',
      ),
    )
    .returning(paidElsewhereOf('c.attemptId').as('paidElsewhereMinor'))
    .executeTakeFirst();
  if (!row) return null;
  const { priceMinor, currency, bookingStatus, ...own } = row;
  const subject: Cancellation = {
    ...own,
    reopened: bookingStatus !== 'CONFIRMED',
    paid: { minor: priceMinor, currency },
  };
  return { subject, intents: await intentsOf(trx, subject.attemptId) };
}

/** The intents of a booking's cancellations. Those of the purchase are its attempt's own. */
async function intentsOf(trx: Trx, attemptId: string): Promise<PastIntent[]> {
  const rows = await trx
    .selectFrom('bookingSteps')
    .select(['step', 'key', 'tries', 'outcome'])
    .select(sql<number>`extract(epoch from clock_timestamp() - intended_at)::float8 * 1000`.as('ageMs'))
    .where('attemptId', '=', attemptId)
    .where('step', 'in', ['cancel_booking', 'refund'])
    .execute();
  return rows.map(({ step, ...rest }) => ({ ...rest, step: step as PastIntent['step'] }));
}

/** Extends or ends a claim. @returns false when the epoch is no longer the newest */
export async function setCancellationLease(
  db: Db,
  { id, epoch }: Cancellation,
  claimMs: number | null,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('cancellations')
    .set({ leaseUntil: claimMs === null ? null : leaseEnd(claimMs), updatedAt: sql`now()` })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('status', '=', 'PENDING')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Live cancellations that were requested more than `ms` ago, oldest first. */
export function overdueCancellations(db: Db, ms: number, limit: number) {
  return db
    .selectFrom('cancellations')
    .select(['id', 'tripId', 'userId', 'attemptId', 'step', 'correlationId'])
    .where('status', '=', 'PENDING')
    .where('requestedAt', '<', sql<Date>`now() - ${ms} * interval '1 millisecond'`)
    .orderBy('requestedAt')
    .limit(limit)
    .execute();
}

/** Requested cancellations that no worker runs: with a row whose claim lapsed or that is idle, or without a row. */
export async function abandonedCancellations(db: Db, idleMs: number, limit: number) {
  const { rows } = await sql<{ bookingId: string; epoch: number; correlationId: string | null }>`
    select "bookingId", epoch, "correlationId" from (
      select c.booking_id as "bookingId", c.epoch, c.correlation_id as "correlationId", c.requested_at
      from cancellations c join flight_bookings b on b.id = c.booking_id
      where c.status = 'PENDING' and b.cancel_requested_at is not null
        and (b.status = 'CONFIRMED' or c.step = any (${[...PAST_TICKET]}))
        and case when c.lease_until is null then c.updated_at < now() - ${idleMs} * interval '1 millisecond'
                 else c.lease_until < now() end
      union all
      select b.id, 0, null, b.cancel_requested_at from flight_bookings b
      where b.cancel_requested_at < now() - ${idleMs} * interval '1 millisecond' and b.status = 'CONFIRMED'
        and not exists (select from cancellations c where c.booking_id = b.id and c.status in ('PENDING', 'NEEDS_HUMAN'))
    ) as abandoned order by requested_at limit ${limit}`.execute(db);
  return rows;
}

/** A patch as columns. Those that are absent stay as they are. */
export const cancellationColumns = ({ quote, airlineRefund, ...same }: CancellationPatch) => ({
  ...same,
  ...(quote !== undefined && { quote: quote && JSON.stringify(quote) }),
  ...(airlineRefund !== undefined && { airlineRefund: airlineRefund && JSON.stringify(airlineRefund) }),
});

/** What the end of a cancellation changes around it. */
export async function writeCancellationEnd(
  trx: Trx,
  { bookingId, tripId, attemptId }: Pick<Cancellation, 'bookingId' | 'tripId' | 'attemptId'>,
  { trip, booking, clearsRequest, resolvesRefunds, notifications }: CancellationEnd,
): Promise<void> {
  if (resolvesRefunds?.length) await resolveFailedRefunds(trx, attemptId, resolvesRefunds);
  // Before the booking: its trigger moves a trip that the version before left as it was (migrations/0010).
  if (trip) {
    const { from, to, ...set } = trip;
    await moveTrip(trx, tripId, from, to, set);
  }
  if (booking || clearsRequest)
    await trx
      .updateTable('flightBookings')
      .set({ ...booking, ...(clearsRequest && { cancelRequestedAt: null }) })
      .where('id', '=', bookingId)
      .execute();
  await insertNotifications(trx, notifications);
}
