import { type Insertable, type Selectable, sql } from 'kysely';
import { mayBecome, type Outcome, type TripStatus } from '../domain/trip.ts';
import type { DB, Db } from './client.ts';
import { compiled } from './compiled.ts';
import { cursorAt, older, type Page } from './page.ts';

/** A trip's columns by name: a statement that asks for every column can't be prepared (db/prepared.ts). */
export const TRIP_COLUMNS = [
  ...(['id', 'userId', 'autoBookEnabled', 'autoBookStatus', 'outcome', 'correlationId'] as const),
  ...(['origin', 'destination', 'departureDate', 'returnDate', 'cabin', 'criteria', 'travelerIds'] as const),
  ...(['maxPriceMinor', 'currency', 'paymentMethodId', 'consent', 'selectedOfferId'] as const),
  ...(['searchKey', 'bestPriceMinor', 'bestPriceCurrency', 'lastCheckedAt', 'nextCheckAt'] as const),
  ...(['watchUntil', 'createdAt', 'updatedAt'] as const),
] as const;

export type TripRow = Pick<Selectable<DB['tripRequests']>, (typeof TRIP_COLUMNS)[number]>;

/** A trip as it is made; the rest of its columns have defaults. */
export type NewTrip = Pick<Insertable<DB['tripRequests']>, (typeof MADE_WITH)[number]>;
const MADE_WITH = [
  ...(['id', 'userId', 'autoBookEnabled', 'origin', 'destination', 'departureDate', 'returnDate'] as const),
  ...([
    'cabin',
    'travelerIds',
    'maxPriceMinor',
    'currency',
    'criteria',
    'paymentMethodId',
    'consent',
  ] as const),
  ...(['searchKey', 'searchParams', 'nextCheckAt', 'watchUntil', 'outcome', 'correlationId'] as const),
] as const;

export async function insertTrip(trx: Db, trip: NewTrip): Promise<TripRow> {
  const [row] = await inserted(trx, trip);
  return row as TripRow;
}
const inserted = compiled((db, trip: NewTrip) =>
  db
    .insertInto('tripRequests')
    .values(Object.fromEntries(MADE_WITH.map((column) => [column, trip[column]])) as unknown as NewTrip)
    .returning(TRIP_COLUMNS),
);

export async function findTrip(db: Db, id: string): Promise<TripRow | undefined> {
  const [trip] = await tripById(db, { id });
  return trip;
}
const tripById = compiled((db, { id }: { id: string }) =>
  db.selectFrom('tripRequests').select(TRIP_COLUMNS).where('id', '=', id),
);

/** Reads a trip and keeps others from changing it until the transaction ends. */
export function lockTrip(trx: Db, id: string): Promise<TripRow | undefined> {
  return trx
    .selectFrom('tripRequests')
    .select(TRIP_COLUMNS)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** The user's trips, newest first. */
export function listTrips(db: Db, page: Page): Promise<(TripRow & { at: string })[]> {
  return db
    .selectFrom('tripRequests')
    .select(TRIP_COLUMNS)
    .select(cursorAt('createdAt'))
    .where(older('createdAt', page))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

/**
 * What came of looking at trips that want the same search; all of them in one statement.
 * @returns the ids of those that were still being watched
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

/** The search failed: what was known before stays, and the outcome says so. */
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

/** Trips that want this search and are due for its answer. */
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

/** Ends trips whose departure has passed, a batch at a time. */
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
            // A day's grace covers every time zone; the column above is exact.
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

/** Moves a trip along the edges of its state machine. @returns false when it was no longer in one of `from` */
export async function moveTrip(
  trx: Db,
  id: string,
  from: readonly TripStatus[],
  to: TripStatus,
  set: { outcome: Outcome; nextCheckAt?: Date | null; selectedOfferId?: string | null },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('tripRequests')
    .set({ autoBookStatus: to, ...set, updatedAt: sql`now()` })
    .where('id', '=', id)
    .where(
      'autoBookStatus',
      'in',
      from.filter((status) => mayBecome(status, to)),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
