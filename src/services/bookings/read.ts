import { Refused } from '../../errors.ts';
import type { BookingStore } from '../../ports/storage/bookings.ts';
import type { Cursor, Page } from '../../ports/storage/page.ts';
import { type BookingView, viewBooking } from './view.ts';

export interface BookingReadDeps {
  readonly bookings: Pick<BookingStore, 'find' | 'list'>;
}

/** @throws Refused `missing` */
export async function readBooking(
  { bookings }: BookingReadDeps,
  userId: string,
  id: string,
): Promise<BookingView> {
  const booking = await bookings.find(userId, id);
  if (!booking) throw new Refused('missing', 'There is no such booking.');
  return viewBooking(booking);
}

/** The user's bookings, newest first. */
export async function listBookings(
  { bookings }: BookingReadDeps,
  userId: string,
  page: Page,
): Promise<(BookingView & { readonly cursor: Cursor })[]> {
  const rows = await bookings.list(userId, page);
  return rows.map((row) => ({ ...viewBooking(row), cursor: row.cursor }));
}
