import { sql } from 'kysely';
import type { TripSort } from '../domain/trip.ts';
import type { TripQuery } from '../ports/storage/trip-reader.ts';
import type { Db } from './client/index.ts';
import { TRIP_COLUMNS, type TripRow } from './trips.ts';

/** What a list is sorted by, and the type that its cursor has in Postgres. */
const ORDERS = {
  '-createdAt': { column: 'createdAt', type: 'timestamptz', descending: true },
  createdAt: { column: 'createdAt', type: 'timestamptz', descending: false },
  departureDate: { column: 'departureDate', type: 'date', descending: false },
  '-departureDate': { column: 'departureDate', type: 'date', descending: true },
} as const satisfies Record<TripSort, object>;

/** The user's trips that match, each with its cursor. Pages by key: page 1,000 costs what page 1 costs. */
export function listTrips(
  db: Db,
  { filter, sort, limit, after }: TripQuery,
): Promise<(TripRow & { at: string })[]> {
  const { statuses, origin, destination, departureFrom, departureTo } = filter;
  const { column, type, descending } = ORDERS[sort];
  const key = sql`(${sql.ref(column)}, id)`;
  const sign = sql.raw(descending ? '<' : '>');
  const direction = descending ? 'desc' : 'asc';
  return db
    .selectFrom('tripRequests')
    .select(TRIP_COLUMNS)
    .select(sql<string>`${sql.ref(column)}::text`.as('at'))
    .$if(statuses !== undefined, (qb) => qb.where('autoBookStatus', 'in', [...(statuses ?? [])]))
    .$if(origin !== undefined, (qb) => qb.where('origin', '=', origin ?? ''))
    .$if(destination !== undefined, (qb) => qb.where('destination', '=', destination ?? ''))
    .$if(departureFrom !== undefined, (qb) => qb.where('departureDate', '>=', departureFrom ?? ''))
    .$if(departureTo !== undefined, (qb) => qb.where('departureDate', '<=', departureTo ?? ''))
    .$if(after !== null, (qb) =>
      qb.where(sql<boolean>`${key} ${sign} (${after?.at}::${sql.raw(type)}, ${after?.id}::uuid)`),
    )
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(limit)
    .execute();
}
