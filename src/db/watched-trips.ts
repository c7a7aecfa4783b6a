import { sql } from 'kysely';
import type { NotifiedFare } from '../domain/fare-news.ts';
import type { Outcome } from '../domain/trip.ts';
import type { Db } from './client/index.ts';

/**
 * Records checks of trips that share a search. One statement.
 * @returns the ids of the trips that were still watched
 */
export async function noteChecks(
  db: Db,
  checks: readonly { id: string; outcome: Outcome; bestPrice: { minor: number; currency: string } | null }[],
  nextCheckAt: Date,
): Promise<Set<string>> {
  if (checks.length === 0) return new Set();
  const rows = checks.map(({ id, outcome, bestPrice }) => ({
    id,
    outcome,
    best_price_minor: bestPrice?.minor ?? null,
    best_price_currency: bestPrice?.currency ?? null,
  }));
  const noted = await sql<{ id: string }>`
    update trip_requests t
    set outcome = c.outcome, best_price_minor = c.best_price_minor, best_price_currency = c.best_price_currency,
        last_checked_at = now(), next_check_at = ${nextCheckAt}, updated_at = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as c (id uuid, outcome jsonb, best_price_minor bigint, best_price_currency text)
    where t.id = c.id and t.auto_book_status = 'PENDING'
    returning t.id`.execute(db);
  return new Set(noted.rows.map((row) => row.id));
}

/**
 * Records the last mails about fares, for trips that this transaction has locked.
 * @param changes with the version that was read; 0 before the first
 * @returns the ids of the trips of which it still stood
 */
export async function recordNotifiedFares(
  db: Db,
  changes: readonly { id: string; version: number; notified: NotifiedFare }[],
): Promise<Set<string>> {
  if (changes.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    update trip_requests t set notified_fare = c.notified
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c (id uuid, version int, notified jsonb)
    where t.id = c.id and coalesce((t.notified_fare ->> 'version')::int, 0) = c.version
    returning t.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Records that a search failed: the best price stays, and the outcome says that it failed. */
export async function noteFailure(
  db: Db,
  searchKey: string,
  outcome: Outcome,
  nextCheckAt: Date | undefined,
): Promise<void> {
  await db
    .updateTable('tripRequests')
    .set({ outcome, ...(nextCheckAt && { nextCheckAt }), updatedAt: sql`now()` })
    .where('searchKey', '=', searchKey)
    .where('autoBookStatus', '=', 'PENDING')
    .where('nextCheckAt', '<=', sql<Date>`now()`)
    .execute();
}

/** Watched trips that share this search and are due for its answer. */
export function tripsAwaiting(db: Db, searchKey: string, page: { limit: number; afterId: string | null }) {
  return db
    .selectFrom('tripRequests')
    .select([
      'id',
      'userId',
      'autoBookEnabled',
      'maxPriceMinor',
      'currency',
      'criteria',
      'outcome',
      'notifiedFare',
      'correlationId',
    ])
    .where('searchKey', '=', searchKey)
    .where('autoBookStatus', '=', 'PENDING')
    .where('nextCheckAt', '<=', sql<Date>`now()`)
    .where('watchUntil', '>', sql<Date>`now()`)
    .$if(page.afterId !== null, (query) => query.where('id', '>', page.afterId as string))
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** Ends one batch of trips whose departure has passed. */
export function expireDeparted(db: Db, limit: number, outcome: Outcome) {
  return db
    .updateTable('tripRequests')
    .set({ autoBookStatus: 'EXPIRED', outcome, nextCheckAt: null, updatedAt: sql`now()` })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('tripRequests')
        .select('id')
        .where('autoBookStatus', '=', 'PENDING')
        .where((or) =>
          or.or([
            or('watchUntil', '<=', sql<Date>`now()`),
            // One day of tolerance covers every time zone; `watchUntil` is exact.
            or('departureDate', '<', sql<string>`current_date - 1`),
          ]),
        )
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'userId', 'correlationId'])
    .execute();
}
