import { sql } from 'kysely';
import type {
  ClaimedNotification,
  NotificationRequest,
  NotifiedBooking,
} from '../ports/storage/notifications.ts';
import type { Db } from './client/index.ts';

/** Stores notifications whose key is new, each with the job that sends it. One statement. */
export async function insertNotifications(
  trx: Db,
  notifications: readonly NotificationRequest[],
): Promise<void> {
  if (notifications.length === 0) return;
  await sql`
    with requested as (
      select id, "userId", "tripId", kind, "dedupeKey", data, "correlationId", job
      from jsonb_to_recordset(${JSON.stringify(notifications)}::jsonb) as n (id uuid, "userId" text, "tripId" uuid,
        kind text, "dedupeKey" text, data jsonb, "correlationId" text, job jsonb)
    ), fresh as (
      insert into notifications (id, user_id, trip_id, kind, dedupe_key, data, correlation_id)
      select id, "userId", "tripId", kind, "dedupeKey", data, "correlationId" from requested
      on conflict (dedupe_key) do nothing
      returning id
    )
    insert into outbox (queue, name, job_id, payload, correlation_id)
    select job->>'queue', job->>'name', job->>'jobId', job->'payload', "correlationId" from requested join fresh using (id)`.execute(
    trx,
  );
}

/** How long a claim lasts; after that another worker may send, under the same idempotency key. */
const SEND_LEASE = sql<Date>`now() + interval '60 seconds'`;

/** Claims an unsent notification; undefined when it is sent, given up, or claimed by another worker. */
export function claimNotification(db: Db, id: string): Promise<ClaimedNotification | undefined> {
  return db
    .updateTable('notifications')
    .set({
      leaseUntil: SEND_LEASE,
      attempts: sql`attempts + 1`,
      firstTriedAt: sql`coalesce(first_tried_at, now())`,
    })
    .where('id', '=', id)
    .where('status', '=', 'PENDING')
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .returning(['id', 'userId', 'tripId', 'kind', 'data', 'correlationId', 'firstTriedAt'])
    .executeTakeFirst();
}

/** Ops alerts that wait for longer than their job takes. The partial index of open notifications keeps it to a few rows. */
export function waitingAlerts(db: Db, staleMs: number, limit: number): Promise<{ id: string }[]> {
  return db
    .selectFrom('notifications')
    .select('id')
    .where('kind', '=', 'ops_alert')
    .where('status', '=', 'PENDING')
    .where('createdAt', '<', sql<Date>`now() - ${staleMs} * interval '1 millisecond'`)
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .orderBy('createdAt')
    .limit(limit)
    .execute();
}

/** The trip that a notification is about, with its user's wrapped data key and encrypted address. */
export function tripToNotify(db: Db, tripId: string) {
  return db
    .selectFrom('tripRequests as t')
    .innerJoin('users as u', 'u.userId', 't.userId')
    .select(['t.id', 't.userId', 't.origin', 't.destination', 't.departureDate', 't.outcome'])
    .select(['u.dataKey', 'u.email'])
    .where('t.id', '=', tripId)
    .executeTakeFirst();
}

/** The trip's ticket as a confirmation shows it. */
export async function bookingToNotify(db: Db, tripId: string): Promise<NotifiedBooking | undefined> {
  const row = await db
    .selectFrom('flightBookings as b')
    .innerJoin('bookingAttempts as a', 'a.id', 'b.attemptId')
    .innerJoin('tripRequests as t', 't.id', 'b.tripId')
    .leftJoin('paymentMethods as p', 'p.id', 't.paymentMethodId')
    .select(['b.status', 'b.orderId', 'b.bookingReference', 'b.priceMinor', 'b.currency', 'b.ticketNumbers'])
    .select((eb) =>
      eb
        .selectFrom('orderChanges as c')
        .select(sql<number>`count(*)::int`.as('n'))
        .whereRef('c.bookingId', '=', 'b.id')
        .as('changes'),
    )
    .select(['b.itinerary', 'b.bookedAt', 'a.offer', 'p.brand', 'p.last4'])
    .where('b.tripId', '=', tripId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { brand, last4, changes, ...booking } = row;
  return {
    ...booking,
    changes: changes ?? 0,
    card: brand !== null && last4 !== null ? { brand, last4 } : null,
  };
}

export async function closeNotification(
  db: Db,
  id: string,
  result: { status: 'SENT'; providerId: string } | { status: 'FAILED'; error: string },
): Promise<void> {
  await db
    .updateTable('notifications')
    .set({
      status: result.status,
      leaseUntil: null,
      ...(result.status === 'SENT'
        ? { providerId: result.providerId, sentAt: sql<Date>`now()` }
        : { lastError: result.error }),
    })
    .where('id', '=', id)
    .execute();
}

/** Ends the claim, so that the next try may begin at once. */
export async function releaseNotification(db: Db, id: string, error: string): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ leaseUntil: null, lastError: error })
    .where('id', '=', id)
    .execute();
}
