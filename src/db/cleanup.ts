import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CleanupBatch } from '../ports/storage/cleanup.ts';
import type { DB, Db } from './client/index.ts';

const olderThan = (column: string, days: number): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} < now() - ${days} * interval '1 day'`;

/** Deletes unlocked rows. By `ctid` each row is read once, however many remain. @returns how many were deleted */
async function deleteBatch(
  db: Db,
  table: string,
  limit: number,
  where: RawBuilder<boolean>,
): Promise<number> {
  const result = await sql`
    delete from ${sql.table(table)} where ctid = any (array(
      select ctid from ${sql.table(table)} where ${where} limit ${limit} for update skip locked))`.execute(
    db,
  );
  return Number(result.numAffectedRows ?? 0);
}

export const deleteStaleOffers = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(db, 'flight_offers', limit, olderThan('created_at', olderThanDays));

export const deleteEmptySearches = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(
    db,
    'searches',
    limit,
    sql<boolean>`${olderThan('created_at', olderThanDays)} and (select true from flight_offers o where o.search_id = searches.id limit 1) is null`,
  );

export const deleteUnwatchedSearches = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(
    db,
    'watches',
    limit,
    sql<boolean>`${olderThan('asked_at', olderThanDays)} and not exists (
      select from trip_requests t where t.search_key = watches.search_key and t.auto_book_status = 'PENDING')`,
  );

export const deletePublishedJobs = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(db, 'outbox', limit, olderThan('published_at', olderThanDays));

export const deleteProcessedEvents = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(
    db,
    'webhook_events',
    limit,
    sql<boolean>`${olderThan('received_at', olderThanDays)} and processed_at is not null`,
  );

export const deleteIdempotencyKeys = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(db, 'idempotency_keys', limit, olderThan('created_at', olderThanDays));

export const deleteFuseCharges = (db: Db, { limit, olderThanDays }: CleanupBatch): Promise<number> =>
  deleteBatch(db, 'fuse_charges', limit, olderThan('at', olderThanDays));

/**
 * The age counts from the return date, or from the departure date of a one-way trip. A trip that was taken meanwhile is seen once
 * the travellers are locked: the second statement asks again.
 */
export const deleteTravelersLongGone = (
  db: Kysely<DB>,
  { limit, olderThanDays }: CleanupBatch,
): Promise<number> =>
  db.transaction().execute(async (trx) => {
    const gone = longGone(olderThanDays);
    const locked = await sql<{ id: string }>`
      select id from travelers where ${gone} limit ${limit} for update skip locked`.execute(trx);
    const ids = locked.rows.map(({ id }) => id);
    const deleted = await sql`delete from travelers where id = any (${ids}::uuid[]) and ${gone}`.execute(trx);
    return Number(deleted.numAffectedRows ?? 0);
  });

const longGone = (
  days: number,
): RawBuilder<boolean> => sql<boolean>`exists (select from trip_requests t where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id)
      and not exists (
        select from trip_requests t
        where travelers.id = any (t.traveler_ids) and t.user_id = travelers.user_id
          and (t.auto_book_status in ('PENDING', 'BOOKING')
            or coalesce(t.return_date, t.departure_date) > current_date - ${days}::int))`;
