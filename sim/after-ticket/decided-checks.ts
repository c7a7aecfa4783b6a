import { demand } from '../breach.ts';
import { airlineMinor, cardMinor } from '../ledger-money.ts';
import { paidElsewhereOf } from '../memory/paid-elsewhere.ts';
import type { BookingRow, Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';
import { backOf } from './ledger.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
}

/** Whether a person decided about money of this booking: what the airline gave back is not the measure any more. */
export function decidedByPerson(
  { caseActions, cancellations, refunds }: Tables,
  { id, attemptId }: BookingRow,
): boolean {
  const own = [...cancellations.values(), ...refunds.values()].filter(({ bookingId }) => bookingId === id);
  const ids = new Set([attemptId, ...own.map((row) => row.id)]);
  return [...caseActions.values()].some(({ caseId }) => ids.has(caseId));
}

/** What is owed to the card: what the airline gave back, at most the price, or what a person decided; NaN is unknown. */
export function owedOf({ tables, vendors }: World, booking: BookingRow): number {
  const { id, orderId, price } = booking;
  const last = [...tables.cancellations.values()].findLast(({ bookingId }) => bookingId === id);
  if (decidedByPerson(tables, booking) && last?.refundMinor != null)
    return last.refundMinor - paidElsewhereOf(tables, booking.attemptId);
  const { refund_amount: amount = null, refund_currency: currency } =
    vendors.orders.all.get(orderId)?.cancellation ?? {};
  if (amount === null || currency !== price.currency) return Number.NaN;
  return Math.min(cardMinor(airlineMinor(amount), price.currency), price.minor);
}

/**
 * K6: what a person decided is with the traveller, by card or in the other way that was stated; never more than was paid, and the
 * booking says what the bank says.
 */
export function decidedTruly({ tables, vendors }: World, booking: BookingRow): void {
  const { arrivedMinor } = backOf(vendors, booking.paymentIntentId);
  const elsewhere = paidElsewhereOf(tables, booking.attemptId);
  const got = () => `${arrivedMinor} by card and ${elsewhere} in another way`;
  demand(
    booking.refundedMinor === arrivedMinor,
    'K6',
    () => `the booking shows ${booking.refundedMinor} as refunded, the traveller got ${got()}`,
  );
  const most = booking.price.minor;
  demand(arrivedMinor + elsewhere <= most, 'K6', () => `of ${most} the traveller got ${got()}`);
  const last = [...tables.cancellations.values()].findLast(({ bookingId }) => bookingId === booking.id);
  const due = last?.status === 'DONE' ? (last.refundMinor ?? 0) : 0;
  demand(arrivedMinor + elsewhere >= due, 'K6', () => `${due} was decided, and the traveller got ${got()}`);
}
