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

/** Takes a batch nobody else is at, deletes it, and counts. Found by their place, rows are read once, however many stay. */
async function deleteBatch(db: Db, table: string, where: RawBuilder<boolean>): Promise<number> {
  const result = await sql`
    delete from ${sql.table(table)} where ctid = any (array(
      select ctid from ${sql.table(table)} where ${where} limit ${BATCH} for update skip locked))`.execute(
    db,
  );
  return Number(result.numAffectedRows ?? 0);
}

/** Offers that can no longer be bought; those of a booking live on in the attempt's own copy. */
export const staleOffers: BatchDelete = (db) =>
  deleteBatch(db, 'flight_offers', olderThan('created_at', KEEP_DAYS.offers));

/** What was known of searches that nobody watches any more. */
export const forgottenWatches: BatchDelete = (db) =>
  deleteBatch(
    db,
    'watches',
    sql<boolean>`${olderThan('asked_at', KEEP_DAYS.offers)} and not exists (
      select from trip_requests t where t.search_key = watches.search_key and t.auto_book_status = 'PENDING')`,
  );

export const emptySearches: BatchDelete = (db) =>
  deleteBatch(
    db,
    'searches',
    sql<boolean>`${olderThan('created_at', KEEP_DAYS.offers)} and (select true from flight_offers o where o.search_id = searches.id limit 1) is null`,
  );

export const publishedOutbox: BatchDelete = (db) =>
  deleteBatch(db, 'outbox', olderThan('published_at', KEEP_DAYS.outbox));

export const oldWebhookEvents: BatchDelete = (db) =>
  deleteBatch(
    db,
    'webhook_events',
    sql<boolean>`${olderThan('received_at', KEEP_DAYS.webhookEvents)} and processed_at is not null`,
  );

export const oldIdempotencyKeys: BatchDelete = (db) =>
  deleteBatch(db, 'idempotency_keys', olderThan('created_at', KEEP_DAYS.idempotencyKeys));

/**
 * Deletes travellers once every trip of theirs has been over for long enough. Trips, bookings and the audit trail stay:
 * they never held who flew.
 */
export const travelersLongGone: BatchDelete = (db) =>
  deleteBatch(
    db,
    'travelers',
    sql<boolean>`exists (select from trip_requests t where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id)
      and not exists (
        select from trip_requests t
        where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id
          and (t.auto_book_status in ('PENDING', 'BOOKING')
            or coalesce(t.return_date, t.departure_date) > current_date - ${ANONYMISE_AFTER_DAYS}::int))`,
  );
