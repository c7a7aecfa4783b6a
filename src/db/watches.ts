import { sql } from 'kysely';
import { type DueSearch, TOP_WORTH } from '../domain/cadence.ts';
import type { Db } from './client.ts';

/**
 * The distinct searches that due trips wait for, longest due first. Reads the index of what is due, and for each search one
 * row of how it was last looked at. Trips whose departure has passed are ended before, and told nothing after.
 */
export async function dueSearches(db: Db, limit: number): Promise<readonly DueSearch[]> {
  const { rows } = await sql<DueSearch>`
    select due.search_key as "searchKey", due.user_id as "userId", coalesce(w.worth, ${TOP_WORTH})::float8 as worth,
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

/** Searches just asked for stand behind all others, whether or not their turn at the provider has come. */
export async function noteAsked(trx: Db, searchKeys: readonly string[]): Promise<void> {
  await sql`
    insert into watches (search_key, asked_at) select key, now() from unnest(${[...searchKeys]}::text[]) as key
    on conflict (search_key) do update set asked_at = now()`.execute(trx);
}

export async function noteWorth(db: Db, searchKey: string, worth: number): Promise<void> {
  await db
    .insertInto('watches')
    .values({ searchKey, worth })
    .onConflict((conflict) => conflict.column('searchKey').doUpdateSet({ worth }))
    .execute();
}

/** Looks at a search that tell how far its fare ranges. */
const FARES = 30;

/** The highest cap of those who watch a search, and its cheapest fares of late, oldest first. */
export async function prospectOf(db: Db, searchKey: string) {
  const { rows } = await sql<{ topCap: number | null; fares: number[] }>`
    select (
      select max(max_price_minor) from trip_requests where search_key = ${searchKey} and auto_book_status = 'PENDING'
    ) as "topCap",
    coalesce((
      select array_agg(cheapest_minor order by freshness_window) from (
        select cheapest_minor, freshness_window from searches
        where search_key = ${searchKey} and freshness_window is not null and cheapest_minor is not null
        order by freshness_window desc limit ${FARES}) as late
    ), '{}')::float8[] as fares`.execute(db);
  return rows[0] as { topCap: number | null; fares: number[] };
}
