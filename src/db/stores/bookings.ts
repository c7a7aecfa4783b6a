import type { Kysely } from 'kysely';
import type { BookingStore } from '../../ports/storage/bookings.ts';
import { audit } from '../audits.ts';
import { lockChange, requestAcceptance } from '../booked-orders.ts';
import { findBooking, listBookings, noteCancellationRequest } from '../bookings.ts';
import { insertCancellation, liveCancellation } from '../cancellations.ts';
import { asUser, type DB } from '../client/index.ts';
import { insertJobs } from '../outbox.ts';
import { withCursors } from '../page.ts';

/** Bookings in Postgres. */
export function createBookingStore({ db }: { db: Kysely<DB> }): BookingStore {
  return {
    find: (userId, id) => asUser(db, userId, (trx) => findBooking(trx, id)),
    list: (userId, page) => asUser(db, userId, async (trx) => withCursors(await listBookings(trx, page))),
    transaction: (userId, work) =>
      asUser(db, userId, (trx) =>
        work({
          find: (id) => findBooking(trx, id),
          requestCancellation: (id) => noteCancellationRequest(trx, id),
          liveCancellation: (id) => liveCancellation(trx, id),
          insertCancellation: (...request) => insertCancellation(trx, ...request),
          lockChange: (bookingId, id) => lockChange(trx, bookingId, id),
          requestAcceptance: (id) => requestAcceptance(trx, id),
          audit: (...entries) => audit(trx, ...entries),
          enqueue: (...jobs) => insertJobs(trx, jobs),
        }),
      ),
  };
}
