import { sql } from 'kysely';
import type { Offer } from '../domain/offer.ts';
import type { Db } from './client.ts';

/** Longer than a search may take, so that a second worker asks only after the first has died. */
const SEARCH_LEASE = sql<Date>`now() + interval '45 seconds'`;

export type SearchClaim =
  | { state: 'mine'; id: string }
  | { state: 'done'; id: string }
  | { state: 'running' };

/** Takes the search of a key and window, once for the whole fleet. A failed or abandoned one may be taken again. */
export async function claimSearch(db: Db, searchKey: string, freshnessWindow: number): Promise<SearchClaim> {
  const mine = await db
    .insertInto('searches')
    .values({ searchKey, freshnessWindow, status: 'RUNNING', leaseUntil: SEARCH_LEASE })
    .onConflict((conflict) =>
      conflict
        .columns(['searchKey', 'freshnessWindow'])
        .doUpdateSet({ status: 'RUNNING', leaseUntil: SEARCH_LEASE })
        .where((eb) =>
          eb.or([
            eb('searches.status', '=', 'FAILED'),
            eb.and([eb('searches.status', '=', 'RUNNING'), eb('searches.leaseUntil', '<', sql<Date>`now()`)]),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  if (mine) return { state: 'mine', id: mine.id };
  const other = await db
    .selectFrom('searches')
    .select(['id', 'status'])
    .where('searchKey', '=', searchKey)
    .where('freshnessWindow', '=', freshnessWindow)
    .executeTakeFirst();
  return other?.status === 'DONE' ? { state: 'done', id: other.id } : { state: 'running' };
}

/** A search made for one trip alone, when it is about to be booked. */
export async function insertOwnSearch(trx: Db, searchKey: string, tripId: string): Promise<string> {
  const row = await trx
    .insertInto('searches')
    .values({ searchKey, tripId, status: 'RUNNING' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Keeps every offer with its raw payload, and closes the search. */
export async function completeSearch(
  trx: Db,
  search: { id: string; searchKey: string; tripId: string | null },
  result: { requestId: string; offers: readonly { offer: Offer; raw: unknown }[] },
): Promise<void> {
  const rows = result.offers.map(({ offer, raw }) => ({
    searchId: search.id,
    searchKey: search.searchKey,
    tripId: search.tripId,
    provider: offer.provider,
    offerId: offer.offerId,
    priceMinor: offer.price.minor,
    currency: offer.price.currency,
    expiresAt: offer.expiresAt,
    summary: JSON.stringify(offer),
    raw: JSON.stringify(raw),
  }));
  if (rows.length)
    await trx
      .insertInto('flightOffers')
      .values(rows)
      .onConflict((conflict) => conflict.column('offerId').doNothing())
      .execute();
  await trx
    .updateTable('searches')
    .set({
      status: 'DONE',
      offerRequestId: result.requestId,
      offerCount: rows.length,
      completedAt: sql`now()`,
      leaseUntil: null,
    })
    .where('id', '=', search.id)
    .execute();
}

export async function failSearch(db: Db, id: string, errorCode: string): Promise<void> {
  await db
    .updateTable('searches')
    .set({ status: 'FAILED', errorCode, leaseUntil: null, completedAt: sql`now()` })
    .where('id', '=', id)
    .execute();
}

export async function offersOf(db: Db, searchId: string): Promise<Offer[]> {
  const rows = await db
    .selectFrom('flightOffers')
    .select('summary')
    .where('searchId', '=', searchId)
    .orderBy('priceMinor')
    .execute();
  return rows.map((row) => row.summary);
}

/** What a trip may choose from: the offers of the newest search that concerns it, cheapest first. */
export function latestOffers(db: Db, trip: { id: string; searchKey: string }, limit: number) {
  const newest = db
    .selectFrom('flightOffers')
    .select('searchId')
    .where('searchKey', '=', trip.searchKey)
    .where((eb) => eb.or([eb('tripId', 'is', null), eb('tripId', '=', trip.id)]))
    .orderBy('createdAt', 'desc')
    .limit(1);
  return db
    .selectFrom('flightOffers')
    .select(['offerId', 'priceMinor', 'currency', 'expiresAt', 'summary', 'createdAt'])
    .where('searchId', '=', newest)
    .orderBy('priceMinor')
    .limit(limit)
    .execute();
}
