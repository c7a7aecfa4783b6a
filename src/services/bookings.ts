import { type Selectable, sql } from 'kysely';
import { audit } from '../db/audits.ts';
import { asUser, type DB, type Db } from '../db/client.ts';
import { compiled } from '../db/compiled.ts';
import { cursorAt, older, type Page } from '../db/page.ts';
import type { BookingStatus } from '../db/schema.ts';
import { type DecimalMoney, formatMoney } from '../domain/money.ts';
import type { Slice } from '../domain/offer.ts';
import { Refused } from '../errors.ts';
import { enqueue } from '../queues/outbox.ts';
import type { Storage } from './deps.ts';

export interface BookingView {
  readonly id: string;
  readonly tripId: string;
  readonly provider: string;
  readonly orderId: string;
  readonly bookingReference: string;
  readonly status: BookingStatus;
  readonly price: DecimalMoney;
  readonly ticketNumbers: readonly string[];
  readonly bookedAt: string;
  readonly itinerary: readonly Slice[];
}

/** By name, so that the statement can be prepared. */
const COLUMNS = [
  ...(['id', 'tripId', 'provider', 'orderId', 'bookingReference', 'status'] as const),
  ...(['priceMinor', 'currency', 'ticketNumbers', 'bookedAt', 'itinerary'] as const),
] as const;
type BookingRow = Pick<Selectable<DB['flightBookings']>, (typeof COLUMNS)[number]>;

export function viewBooking(row: BookingRow): BookingView {
  const { id, tripId, provider, orderId, bookingReference, status, ticketNumbers, itinerary } = row;
  const price = formatMoney({ minor: row.priceMinor, currency: row.currency });
  return {
    id,
    tripId,
    provider,
    orderId,
    bookingReference,
    status,
    price,
    ticketNumbers,
    bookedAt: row.bookedAt.toISOString(),
    itinerary,
  };
}

export async function bookingOfTrip(db: Db, tripId: string): Promise<BookingView | undefined> {
  const [row] = await byTrip(db, { tripId });
  return row && viewBooking(row);
}
const byTrip = compiled((db, { tripId }: { tripId: string }) =>
  db.selectFrom('flightBookings').select(COLUMNS).where('tripId', '=', tripId),
);

export function listBookings({ db }: Storage, userId: string, page: Page) {
  return asUser(db, userId, async (trx) => {
    const rows = await trx
      .selectFrom('flightBookings')
      .select(COLUMNS)
      .select(cursorAt('bookedAt'))
      .where(older('bookedAt', page))
      .orderBy('bookedAt', 'desc')
      .orderBy('id', 'desc')
      .limit(page.limit)
      .execute();
    return rows.map((row) => ({ ...viewBooking(row), cursor: { at: row.at, id: row.id } }));
  });
}

export function readBooking({ db }: Storage, userId: string, id: string): Promise<BookingView> {
  return asUser(db, userId, async (trx) => {
    const row = await trx
      .selectFrom('flightBookings')
      .select(COLUMNS)
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new Refused('missing', 'There is no such booking.');
    return viewBooking(row);
  });
}

/** Asks for a booking to be cancelled; the worker does it as the fare's rules allow, and mails what came of it. */
export async function requestCancellation(
  deps: Storage,
  userId: string,
  id: string,
  correlationId: string,
): Promise<BookingView> {
  const booking = await asUser(deps.db, userId, async (trx) => {
    const row = await trx
      .updateTable('flightBookings')
      .set({ cancelRequestedAt: sql`coalesce(cancel_requested_at, now())` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new Refused('missing', 'There is no such booking.');
    if (row.status !== 'CONFIRMED') throw new Refused('conflict', 'This booking is already cancelled.');
    await audit(trx, {
      userId,
      tripId: row.tripId,
      type: 'booking.cancel_requested',
      actor: `user:${userId}`,
      correlationId,
    });
    await enqueue(trx, 'cancel-booking', { bookingId: id }, { correlationId });
    return viewBooking(row);
  });
  deps.afterCommit();
  return booking;
}
