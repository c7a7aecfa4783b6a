import { type Selectable, sql } from 'kysely';
import type { Booking } from '../ports/storage/bookings.ts';
import type { Page } from '../ports/storage/page.ts';
import { AFTER_TICKET, type AfterTicketRow, toCancellation, toChange, toRefund } from './after-ticket.ts';
import type { DB, Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';
import { cursorAt, older } from './page.ts';

/** The columns by name: a statement that selects `*` can't be prepared (client/prepared.ts). */
const COLUMNS = [
  'id',
  'tripId',
  'provider',
  'orderId',
  'bookingReference',
  'status',
  'priceMinor',
  'currency',
  'ticketNumbers',
  'bookedAt',
  'itinerary',
] as const;
/** The dispute of the payment that is open, else the newest; null when there is none. */
const DISPUTE = sql<StoredDispute | null>`(
  select jsonb_build_object('status', d.status, 'reason', d.reason, 'amountMinor', d.amount_minor, 'currency', d.currency,
    'evidenceDueBy', d.evidence_due_by)
  from disputes d where d.booking_id = flight_bookings.id
  order by d.closed_at is null desc, d.opened_at desc limit 1)`.as('dispute');

interface StoredDispute {
  readonly status: string;
  readonly reason: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly evidenceDueBy: string | null;
}

type BookingRow = Pick<Selectable<DB['flightBookings']>, (typeof COLUMNS)[number]> &
  AfterTicketRow & { readonly dispute: StoredDispute | null };

function toBooking<Row extends BookingRow>({
  priceMinor,
  currency,
  cancellation,
  refunds,
  changes,
  dispute,
  ...rest
}: Row) {
  return {
    ...rest,
    price: { minor: priceMinor, currency },
    cancellation: cancellation && toCancellation(cancellation),
    refunds: (refunds ?? []).map(toRefund),
    changes: (changes ?? []).map(toChange),
    dispute: dispute && toDispute(dispute),
  };
}

const toDispute = ({ status, reason, amountMinor: minor, currency, evidenceDueBy }: StoredDispute) => ({
  status,
  reason,
  amount: { minor, currency },
  evidenceDueBy: evidenceDueBy === null ? null : new Date(evidenceDueBy),
});

export async function bookingOfTrip(db: Db, tripId: string): Promise<Booking | undefined> {
  const [row] = await byTrip(db, { tripId });
  return row && toBooking(row);
}
const byTrip = precompiled((db, { tripId }: { tripId: string }) =>
  db
    .selectFrom('flightBookings')
    .select(COLUMNS)
    .select(AFTER_TICKET)
    .select(DISPUTE)
    .where('tripId', '=', tripId),
);

/** The bookings that these trips became, by trip. */
export async function bookingsOfTrips(
  db: Db,
  tripIds: readonly string[],
): Promise<ReadonlyMap<string, Booking>> {
  if (tripIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('flightBookings')
    .select(COLUMNS)
    .select(AFTER_TICKET)
    .select(DISPUTE)
    .where('tripId', 'in', [...tripIds])
    .execute();
  return new Map(rows.map((row) => [row.tripId, toBooking(row)]));
}

export async function findBooking(db: Db, id: string): Promise<Booking | undefined> {
  const row = await db
    .selectFrom('flightBookings')
    .select(COLUMNS)
    .select(AFTER_TICKET)
    .select(DISPUTE)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toBooking(row);
}

/** The user's bookings, newest first. */
export async function listBookings(db: Db, page: Page): Promise<(Booking & { at: string })[]> {
  const rows = await db
    .selectFrom('flightBookings')
    .select(COLUMNS)
    .select(AFTER_TICKET)
    .select(DISPUTE)
    .select(cursorAt('bookedAt'))
    .where(older('bookedAt', page))
    .orderBy('bookedAt', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map(toBooking);
}

/** Notes that the booking shall be cancelled; the first request's time stays. @returns the booking, locked */
export async function noteCancellationRequest(trx: Db, id: string): Promise<Booking | undefined> {
  const row = await trx
    .updateTable('flightBookings')
    .set({ cancelRequestedAt: sql`coalesce(cancel_requested_at, now())` })
    .where('id', '=', id)
    .returning(COLUMNS)
    .returning(AFTER_TICKET)
    .returning(DISPUTE)
    .executeTakeFirst();
  return row && toBooking(row);
}
