import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../../db/client.ts';

/** Rows per transaction: small enough that nobody waits for a lock, large enough to be done by morning. */
export const BATCH = 1_000;

/** Days after which each kind of row has served its purpose. */
const KEEP_DAYS = {
  offers: 2,
  outbox: 3,
  webhookEvents: 30,
  idempotencyKeys: 2,
} as const;

/** Days after travel when nobody needs to know any more who flew. */
const ANONYMISE_AFTER_DAYS = 90;

/** Deletes one batch. @returns how many rows went; fewer than BATCH means none are left */
export type BatchDelete = (db: Db) => Promise<number>;

const olderThan = (column: string, days: number): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} < now() - ${days} * interval '1 day'`;

/** Takes a batch nobody else is at, deletes it, and counts. */
async function deleteBatch(
  db: Db,
  table: string,
  key: RawBuilder<unknown>,
  where: RawBuilder<boolean>,
): Promise<number> {
  const result = await sql`
    with doomed as (select ${key} as row_key from ${sql.table(table)} where ${where} limit ${BATCH} for update skip locked)
    delete from ${sql.table(table)} using doomed where ${key} = doomed.row_key`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

/** Offers that can no longer be bought; those of a booking live on in the attempt's own copy. */
export const staleOffers: BatchDelete = (db) =>
  deleteBatch(
    db,
    'flight_offers',
    sql`flight_offers.id`,
    sql<boolean>`created_at < now() - ${KEEP_DAYS.offers} * interval '1 day' or expires_at < now() - ${KEEP_DAYS.offers} * interval '1 day'`,
  );

export const emptySearches: BatchDelete = (db) =>
  deleteBatch(
    db,
    'searches',
    sql`searches.id`,
    sql<boolean>`${olderThan('created_at', KEEP_DAYS.offers)} and not exists (select from flight_offers o where o.search_id = searches.id)`,
  );

export const publishedOutbox: BatchDelete = (db) =>
  deleteBatch(db, 'outbox', sql`outbox.id`, olderThan('published_at', KEEP_DAYS.outbox));

export const oldWebhookEvents: BatchDelete = (db) =>
  deleteBatch(
    db,
    'webhook_events',
    sql`(webhook_events.provider, webhook_events.event_id)`,
    sql<boolean>`${olderThan('received_at', KEEP_DAYS.webhookEvents)} and processed_at is not null`,
  );

export const oldIdempotencyKeys: BatchDelete = (db) =>
  deleteBatch(
    db,
    'idempotency_keys',
    sql`(idempotency_keys.user_id, idempotency_keys.key)`,
    olderThan('created_at', KEEP_DAYS.idempotencyKeys),
  );

/**
 * Deletes travellers once every trip of theirs has been over for long enough. Trips, bookings and the audit trail stay:
 * they never held who flew.
 */
export const travelersLongGone: BatchDelete = (db) =>
  deleteBatch(
    db,
    'travelers',
    sql`travelers.id`,
    sql<boolean>`exists (select from trip_requests t where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id)
      and not exists (
        select from trip_requests t
        where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id
          and (t.auto_book_status in ('PENDING', 'BOOKING')
            or coalesce(t.return_date, t.departure_date) > current_date - ${ANONYMISE_AFTER_DAYS}::int))`,
  );
