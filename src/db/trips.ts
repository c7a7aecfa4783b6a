import { type Insertable, type Selectable, sql } from 'kysely';
import type { Days } from '../domain/duplicate-trip.ts';
import { mayBecome, type Outcome, type TripStatus } from '../domain/trip.ts';
import type { NewTrip, TripUpdate } from '../ports/storage/trips.ts';
import type { DB, Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

/** A trip's columns by name: a statement that selects `*` can't be prepared (client/prepared.ts). */
export const TRIP_COLUMNS = [
  'id',
  'userId',
  'autoBookEnabled',
  'autoBookStatus',
  'outcome',
  'correlationId',
  'origin',
  'destination',
  'departureDate',
  'returnDate',
  'cabin',
  'criteria',
  'travelerIds',
  'maxPriceMinor',
  'currency',
  'paymentMethodId',
  'consent',
  'selectedOfferId',
  'searchKey',
  'bestPriceMinor',
  'bestPriceCurrency',
  'lastCheckedAt',
  'nextCheckAt',
  'watchUntil',
  'createdAt',
  'updatedAt',
] as const;

export type TripRow = Pick<Selectable<DB['tripRequests']>, (typeof TRIP_COLUMNS)[number]>;

/** The columns a trip is inserted with; the others have defaults. */
const INSERTED_COLUMNS = [
  'id',
  'userId',
  'autoBookEnabled',
  'origin',
  'destination',
  'departureDate',
  'returnDate',
  'cabin',
  'travelerIds',
  'maxPriceMinor',
  'currency',
  'criteria',
  'paymentMethodId',
  'consent',
  'searchKey',
  'searchParams',
  'nextCheckAt',
  'watchUntil',
  'outcome',
  'correlationId',
] as const satisfies readonly (keyof NewTrip)[];

export async function insertTrip(trx: Db, trip: NewTrip): Promise<TripRow> {
  const [row] = await inserted(trx, trip);
  return row as TripRow;
}
const inserted = precompiled((db, trip: NewTrip) =>
  db
    .insertInto('tripRequests')
    .values(
      Object.fromEntries(INSERTED_COLUMNS.map((column) => [column, trip[column]])) as unknown as Insertable<
        DB['tripRequests']
      >,
    )
    .returning(TRIP_COLUMNS),
);

/** Writes the traveller's change to a locked trip, which is watched afterwards. */
export function updateTrip(trx: Db, id: string, update: TripUpdate): Promise<TripRow> {
  return trx
    .updateTable('tripRequests')
    .set({
      autoBookEnabled: update.autoBookEnabled,
      maxPriceMinor: update.maxPriceMinor,
      currency: update.currency,
      criteria: update.criteria,
      paymentMethodId: update.paymentMethodId,
      travelerIds: [...update.travelerIds],
      departureDate: update.departureDate,
      returnDate: update.returnDate,
      watchUntil: update.watchUntil,
      searchKey: update.searchKey,
      searchParams: update.searchParams,
      // What was found for other dates or travellers is no price of this trip.
      ...(update.isNewSearch && { bestPriceMinor: null, bestPriceCurrency: null, notifiedFare: null }),
      consent: update.consent,
      nextCheckAt: update.nextCheckAt,
      outcome: update.outcome,
      autoBookStatus: 'PENDING',
      updatedAt: sql`now()`,
    })
    .where('id', '=', id)
    .returning(TRIP_COLUMNS)
    .executeTakeFirstOrThrow();
}

export async function findTrip(db: Db, id: string): Promise<TripRow | undefined> {
  const [trip] = await tripById(db, { id });
  return trip;
}
const tripById = precompiled((db, { id }: { id: string }) =>
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

/** A trip of the transaction's user that is watched or being booked for this traveller. */
export function openTripNaming(db: Db, travelerId: string): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('tripRequests')
    .select('id')
    .where(sql<boolean>`${travelerId} = any (traveler_ids)`)
    .where('autoBookStatus', 'in', ['PENDING', 'BOOKING'])
    .executeTakeFirst();
}

/** The transaction's user's open and booked trips of these travellers that have one of these days, oldest first. */
export const tripsOf = precompiled((db, asked: { travelerIds: readonly string[] } & Days) =>
  db
    .selectFrom('tripRequests')
    .select(['id', 'origin', 'destination', 'departureDate', 'returnDate', 'travelerIds'])
    .where('travelerIds', '&&', sql<string[]>`${asked.travelerIds}::uuid[]`)
    .where('autoBookStatus', 'in', ['PENDING', 'BOOKING', 'BOOKED'])
    .where('departureDate', '<=', asked.to)
    .where((eb) => eb(eb.fn.coalesce('returnDate', 'departureDate'), '>=', asked.from))
    .orderBy('createdAt')
    .orderBy('id'),
);

/** Moves a trip along the edges of its state machine. @returns false when it was no longer in one of `from` */
export async function moveTrip(
  trx: Db,
  id: string,
  from: readonly TripStatus[],
  to: TripStatus,
  set: { outcome: Outcome; nextCheckAt?: Date | null; selectedOfferId?: string | null },
): Promise<boolean> {
  const allowed = from.filter((status) => mayBecome(status, to));
  if (allowed.length === 0) return false;
  const { numUpdatedRows } = await trx
    .updateTable('tripRequests')
    .set({ autoBookStatus: to, ...set, updatedAt: sql`now()` })
    .where('id', '=', id)
    .where('autoBookStatus', 'in', allowed)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
