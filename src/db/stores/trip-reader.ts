import type { Kysely } from 'kysely';
import type { FoundOffer, TripReader } from '../../ports/storage/trip-reader.ts';
import { timelineOf } from '../audits.ts';
import { bookingOfTrip, bookingsOfTrips } from '../bookings.ts';
import { asUser, type DB } from '../client/index.ts';
import { listTrips } from '../list-trips.ts';
import { withCursors } from '../page.ts';
import { latestOffers } from '../searches.ts';
import { travelersNamed } from '../travelers.ts';
import { findTrip } from '../trips.ts';

/** What the API shows of trips, from Postgres. */
export function createTripReader({ db }: { db: Kysely<DB> }): TripReader {
  return {
    find: (userId, id) =>
      asUser(db, userId, async (trx) => {
        const [trip, booking] = await Promise.all([findTrip(trx, id), bookingOfTrip(trx, id)]);
        return trip && { trip, booking };
      }),
    list: (userId, query) =>
      asUser(db, userId, async (trx) => {
        const rows = withCursors(await listTrips(trx, query));
        const bookings = await bookingsOfTrips(
          trx,
          rows.map(({ id }) => id),
        );
        return rows.map(({ cursor, ...trip }) => ({ trip, cursor, booking: bookings.get(trip.id) }));
      }),
    timeline: (userId, id, page) =>
      asUser(db, userId, async (trx) => {
        const [trip, rows] = await Promise.all([findTrip(trx, id), timelineOf(trx, id, page)]);
        return trip && rows;
      }),
    latestOffers: (userId, id, limit) =>
      asUser(db, userId, async (trx) => {
        const trip = await findTrip(trx, id);
        if (!trip) return undefined;
        const rows = await latestOffers(trx, { id, searchKey: trip.searchKey, limit });
        const offers = rows.map(toFoundOffer);
        const needsDocuments = offers.some(({ summary }) => summary.documentsRequired);
        const travelers = needsDocuments ? await travelersNamed(trx, { ids: trip.travelerIds }) : [];
        return { trip, offers, travelers };
      }),
  };
}

function toFoundOffer(row: Awaited<ReturnType<typeof latestOffers>>[number]): FoundOffer {
  const { offerId, priceMinor, currency, expiresAt, createdAt, summary } = row;
  return { offerId, price: { minor: priceMinor, currency }, expiresAt, foundAt: createdAt, summary };
}
