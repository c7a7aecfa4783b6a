import type { Booking, BookingTransaction } from '../../src/ports/storage/bookings.ts';
import { atomically } from './atomically.ts';
import { lockChange } from './booked-orders.ts';
import { insertCancellation, liveCancellation } from './cancellations.ts';
import type { BookingRow, Tables } from './tables.ts';

/** Bookings in memory, as far as a traveller who cancels one needs them. */
export function createMemoryBookings(tables: Tables): {
  transaction<T>(userId: string, work: (trx: BookingTransaction) => Promise<T>): Promise<T>;
} {
  return { transaction: (userId, work) => atomically(tables, () => work(verbs(tables, userId))) };
}

function verbs(tables: Tables, userId: string): BookingTransaction {
  const own = (id: string): BookingRow | undefined =>
    [...tables.bookings.values()].find(
      (booking) => booking.id === id && tables.trip(booking.tripId).userId === userId,
    );
  const view = (row: BookingRow): Booking => ({
    id: row.id,
    tripId: row.tripId,
    provider: 'duffel',
    orderId: row.orderId,
    bookingReference: '',
    status: row.status,
    price: row.price,
    ticketNumbers: [],
    bookedAt: new Date(tables.now()),
    itinerary: [],
    cancellation: null,
    refunds: [],
    changes: [],
    dispute: null,
  });
  return {
    async find(id) {
      const row = own(id);
      return row && view(row);
    },
    async requestCancellation(id) {
      const row = own(id);
      if (!row) return undefined;
      row.cancelRequestedAt ??= tables.now();
      return view(row);
    },
    liveCancellation: async (id) => liveCancellation(tables, id)?.status,
    insertCancellation: async (...request) => insertCancellation(tables, ...request),
    lockChange: async (bookingId, id) => lockChange(tables, bookingId, id),
    async requestAcceptance(id) {
      const row = tables.orderChanges.get(id);
      if (row) row.acceptRequestedAt = new Date(tables.now());
    },
    async audit(...entries) {
      for (const { tripId, attemptId = null, type, detail, actor } of entries)
        tables.audit({ tripId: tripId as string, attemptId, type, detail, actor });
    },
    async enqueue(...jobs) {
      tables.insertJobs(jobs);
    },
  };
}
