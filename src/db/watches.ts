import { sql } from 'kysely';
import { type DueSearch, MAX_PRIORITY } from '../domain/search-schedule.ts';
import type { Db } from './client/index.ts';

/**
 * The distinct searches that due trips wait for, longest due first. It reads the index of due trips, and one row of `watches`
 * per search. Trips whose departure has passed were ended before.
 */
export async function dueSearches(db: Db, limit: number): Promise<readonly DueSearch[]> {
  const { rows } = await sql<DueSearch>`
    select due.search_key as "searchKey", due.user_id as "userId", coalesce(w.worth, ${MAX_PRIORITY})::float8 as priority,
      greatest(0, extract(epoch from now() - coalesce(w.asked_at, due.since)))::float8 * 1000 as "waitedMs"
    from (
      select search_key, min(user_id) as user_id, min(next_check_at) as since
      from trip_requests
      where auto_book_status = 'PENDING' and next_check_at <= now()
      group by search_key order by since limit ${limit}
    ) as due
    left join lateral (select worth, asked_at from watches where search_key = due.search_key limit 1) w on true`.execute(
    db,
  );
  return rows;
}

/** Marks searches as just requested: they wait behind all others, whether or not the provider has answered. */
export async function markRequested(trx: Db, searchKeys: readonly string[]): Promise<void> {
  await sql`
    insert into watches (search_key, asked_at) select key, now() from unnest(${[...searchKeys]}::text[]) as key
    on conflict (search_key) do update set asked_at = now()`.execute(trx);
}

export async function savePriority(db: Db, searchKey: string, priority: number): Promise<void> {
  await db
    .insertInto('watches')
    .values({ searchKey, worth: priority })
    .onConflict((conflict) => conflict.column('searchKey').doUpdateSet({ worth: priority }))
    .execute();
}

/** The number of latest answers from which a search's volatility is computed. */
const MAX_FARES = 30;

/** The highest cap of the trips that share a search, and its latest cheapest fares, oldest first. */
export async function priorityInputs(db: Db, searchKey: string) {
  const { rows } = await sql<{ topCap: number | null; fares: number[] }>`
    select (
      select max(max_price_minor) from trip_requests where search_key = ${searchKey} and auto_book_status = 'PENDING'
    ) as "topCap",
    coalesce((
      select array_agg(cheapest_minor order by freshness_window) from (
        select cheapest_minor, freshness_window from searches
        where search_key = ${searchKey} and freshness_window is not null and cheapest_minor is not null
        order by freshness_window desc limit ${MAX_FARES}) as late
    ), '{}')::float8[] as fares`.execute(db);
  return rows[0] as { topCap: number | null; fares: number[] };
}
