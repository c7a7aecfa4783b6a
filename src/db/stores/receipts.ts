import type { Kysely } from 'kysely';
import type { ReceiptStore } from '../../ports/storage/receipts.ts';
import { chainedEntries } from '../audit-chain.ts';
import { evidenceOf, moneyEventsOf } from '../audits.ts';
import { bookingOfTrip } from '../bookings.ts';
import { asUser, type DB } from '../client/index.ts';
import { findTrip } from '../trips.ts';

/** What receipts are made of, in Postgres. */
export function createReceiptStore({ db }: { db: Kysely<DB> }): ReceiptStore {
  return {
    read: (userId, tripId, { moneyTypes, limit }) =>
      asUser(db, userId, async (trx) => {
        const page = { after: { chain: '', seq: 0 }, limit, chain: tripId };
        const [trip, booking, decisions, money, entries] = await Promise.all([
          findTrip(trx, tripId),
          bookingOfTrip(trx, tripId),
          evidenceOf(trx, tripId),
          moneyEventsOf(trx, tripId, moneyTypes),
          chainedEntries(trx, page),
        ]);
        return trip && { trip, booking, decisions, money, entries };
      }),
    ownerOf: async (tripId) =>
      (await db.selectFrom('tripRequests').select('userId').where('id', '=', tripId).executeTakeFirst())
        ?.userId,
  };
}
