import { randomUUID } from 'node:crypto';
import { type OperationNodeSource, sql } from 'kysely';
import type { Offer } from '../domain/offer.ts';
import type { StoredOffer } from '../ports/storage/trips.ts';
import type { SearchClaim } from '../ports/storage/watch.ts';
import type { Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

/** Longer than a search may take, so that a second worker searches only after the first has died. */
const SEARCH_LEASE = sql<Date>`now() + interval '45 seconds'`;

/** Claims the search of a key and window, once for the whole fleet. A failed or abandoned search may be claimed again. */
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

/** What the provider answered to a search. */
export interface Answer {
  readonly requestId: string;
  readonly offers: readonly Offer[];
  /** The provider's offers as they were sent, compressed. */
  readonly payload: Buffer;
}

/** A search for one trip alone, right before its booking. */
export interface OwnSearch {
  readonly tripId: string;
  readonly searchKey: string;
  readonly answer: Answer;
}

/** Stores searches with their offers. One statement. */
export async function keepOwnSearches(db: Db, searches: readonly OwnSearch[]): Promise<void> {
  const kept = searches.map((search) => ({ id: randomUUID(), ...search }));
  const rows = kept.map(({ id, tripId, searchKey, answer }) => ({
    id,
    trip_id: tripId,
    search_key: searchKey,
    offer_request_id: answer.requestId,
    offer_count: answer.offers.length,
    payload: answer.payload.toString('base64'),
    cheapest_minor: cheapestOf(answer),
  }));
  const own = sql`
    insert into searches (id, trip_id, search_key, status, offer_request_id, offer_count, payload, cheapest_minor, completed_at)
    select id, trip_id, search_key, 'DONE', offer_request_id, offer_count, decode(payload, 'base64'), cheapest_minor, now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (id uuid, trip_id uuid, search_key text, offer_request_id text,
      offer_count int, payload text, cheapest_minor bigint)
    returning id, search_key, trip_id`;
  const offers = kept.flatMap(({ id, answer }) => answer.offers.map((offer) => rowOf(id, offer)));
  await keepOffers(db, own, offers);
}

/** Stores every offer, and closes the search. One statement. */
export async function completeSearch(db: Db, searchId: string, answer: Answer): Promise<void> {
  const { requestId, offers, payload } = answer;
  const closed = db
    .updateTable('searches')
    .set({
      status: 'DONE' as const,
      offerRequestId: requestId,
      offerCount: offers.length,
      payload,
      cheapestMinor: cheapestOf(answer),
      completedAt: sql<Date>`now()`,
      leaseUntil: null,
    })
    .where('id', '=', searchId)
    .returning(['id', 'searchKey', 'tripId']);
  const rows = offers.map((offer) => rowOf(searchId, offer));
  await keepOffers(db, closed, rows);
}

const cheapestOf = ({ offers }: Answer): number | null =>
  offers.length ? Math.min(...offers.map(({ price }) => price.minor)) : null;

const rowOf = (searchId: string, offer: Offer) => ({
  search_id: searchId,
  provider: offer.provider,
  offer_id: offer.offerId,
  price_minor: offer.price.minor,
  currency: offer.price.currency,
  expires_at: offer.expiresAt,
  summary: offer,
});

/**
 * Commits asynchronously. Postgres writes its log in order, so a later decision on these offers that survives a crash finds
 * them stored.
 */
async function keepOffers(
  db: Db,
  search: OperationNodeSource,
  rows: readonly ReturnType<typeof rowOf>[],
): Promise<void> {
  await sql`
    with search as (${search}), soon as (select set_config('synchronous_commit', 'off', true))
    insert into flight_offers (search_id, search_key, trip_id, provider, offer_id, price_minor, currency, expires_at, summary)
    select search.id, search.search_key, search.trip_id, o.provider, o.offer_id, o.price_minor, o.currency, o.expires_at, o.summary
    from soon, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as o (search_id uuid, provider text, offer_id text, price_minor bigint, currency text, expires_at timestamptz, summary jsonb)
    join search on search.id = o.search_id
    on conflict (offer_id) do nothing`.execute(db);
}

/** The payload of the search that found an offer. */
export async function payloadOf(db: Db, offerId: string): Promise<Buffer | null> {
  const row = await db
    .selectFrom('flightOffers')
    .innerJoin('searches', 'searches.id', 'flightOffers.searchId')
    .select('searches.payload')
    .where('flightOffers.offerId', '=', offerId)
    .executeTakeFirst();
  return row?.payload ?? null;
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

/** The offers of the newest search that concerns a trip, cheapest first. */
export const latestOffers = precompiled((db, trip: { id: string; searchKey: string; limit: number }) => {
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
    .limit(trip.limit);
});

/** An offer by its provider's id, if the transaction may see it. */
export async function findOffer(db: Db, offerId: string): Promise<StoredOffer | undefined> {
  const row = await db
    .selectFrom('flightOffers')
    .select(['summary', 'searchKey', 'tripId'])
    .where('offerId', '=', offerId)
    .executeTakeFirst();
  return row && { offer: row.summary, searchKey: row.searchKey, tripId: row.tripId };
}
