import type { BookingStatus } from '../../domain/booking.ts';
import { type DecimalMoney, formatMoney } from '../../domain/money.ts';
import type { Slice } from '../../domain/offer.ts';
import type { Booking } from '../../ports/storage/bookings.ts';
import { type CancellationView, viewCancellation } from './cancellation-view.ts';
import { type ChangeView, viewChange } from './change-view.ts';

/** A booking as the API shows it. */
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
  /** What the airline changed of its own accord, oldest first; the last one may be open. */
  readonly changes: readonly ChangeView[];
  /** Absent when no cancellation was ever requested. */
  readonly cancellation?: CancellationView;
  /** What the cardholder disputes at the bank; null when there is no dispute. */
  readonly dispute: {
    readonly status: string;
    readonly reason: string;
    readonly amount: DecimalMoney;
    /** Until when evidence is taken; null when no response is possible. */
    readonly evidenceDueBy: string | null;
  } | null;
}

/** A booking as the API shows it, with what became of it after its ticket. */
export function viewBooking(booking: Booking): BookingView {
  const cancellation = viewCancellation(booking);
  return {
    id: booking.id,
    tripId: booking.tripId,
    provider: booking.provider,
    orderId: booking.orderId,
    bookingReference: booking.bookingReference,
    status: booking.status,
    price: formatMoney(booking.price),
    ticketNumbers: booking.ticketNumbers,
    bookedAt: booking.bookedAt.toISOString(),
    itinerary: booking.itinerary,
    changes: booking.changes.map(viewChange),
    ...(cancellation && { cancellation }),
    dispute: booking.dispute && {
      status: booking.dispute.status,
      reason: booking.dispute.reason,
      amount: formatMoney(booking.dispute.amount),
      evidenceDueBy: booking.dispute.evidenceDueBy?.toISOString() ?? null,
    },
  };
}
