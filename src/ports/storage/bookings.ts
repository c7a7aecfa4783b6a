import type { BookingStatus } from '../../domain/booking.ts';
import type { CancellationAsker, CancellationStatus } from '../../domain/cancellation.ts';
import type { Dispute } from '../../domain/dispute.ts';
import type { Money } from '../../domain/money.ts';
import type { Slice } from '../../domain/offer.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AuditEntry } from './audit.ts';
import type { StoredChange } from './booked-orders.ts';
import type { Cursor, Page } from './page.ts';

/** A refund of a booking's payment. */
export interface BookingRefund {
  readonly amount: Money;
  /** As the payment provider calls it; `requested` before it was seen there. */
  readonly status: string;
  readonly requestedAt: Date;
  /** When it was first seen to be final; null before. */
  readonly settledAt: Date | null;
  /** When another refund or a person had made good what this one did not bring back. */
  readonly resolvedAt: Date | null;
}

/** The newest cancellation of a booking. */
export interface BookingCancellation {
  readonly requestedBy: CancellationAsker;
  readonly requestedAt: Date;
  readonly status: CancellationStatus;
  readonly finishedAt: Date | null;
  /** Why it was refused, in words for the traveller; null otherwise. */
  readonly refusal: string | null;
  /** What the airline gave back; null is unknown. */
  readonly airlineRefund: Money | null;
  /** What the traveller gets back, in minor units of the booking's price; null is unknown. */
  readonly refundMinor: number | null;
}

/** A ticket that was bought. */
export interface Booking {
  readonly id: string;
  readonly tripId: string;
  readonly provider: string;
  readonly orderId: string;
  readonly bookingReference: string;
  readonly status: BookingStatus;
  readonly price: Money;
  readonly ticketNumbers: readonly string[];
  readonly bookedAt: Date;
  readonly itinerary: readonly Slice[];
  /** Null when none was ever requested. */
  readonly cancellation: BookingCancellation | null;
  /** In the order in which they were requested. */
  readonly refunds: readonly BookingRefund[];
  /** What the airline changed of its own accord, oldest first. */
  readonly changes: readonly StoredChange[];
  /** The dispute of its payment that is open, else the newest; null when there is none. */
  readonly dispute: Pick<Dispute, 'status' | 'reason' | 'amount' | 'evidenceDueBy'> | null;
}

/** A change with its trip. */
export type LockedChange = StoredChange & { readonly tripId: string };

/** Bookings in storage. Bookings of other users do not exist here. */
export interface BookingStore {
  find(userId: string, id: string): Promise<Booking | undefined>;
  /** The user's bookings, newest first. */
  list(userId: string, page: Page): Promise<(Booking & { readonly cursor: Cursor })[]>;
  /** Runs `work` in one transaction that sees this user's rows alone; what `work` throws rolls it back. */
  transaction<T>(userId: string, work: (trx: BookingTransaction) => Promise<T>): Promise<T>;
}

/** Verbs of one transaction on a user's bookings. */
export interface BookingTransaction {
  find(id: string): Promise<Booking | undefined>;
  /** Notes that the user wants the booking cancelled; the first request's time stays. @returns the booking, locked */
  requestCancellation(id: string): Promise<Booking | undefined>;
  /** Where the booking's live cancellation stands; undefined when it has none. */
  liveCancellation(id: string): Promise<CancellationStatus | undefined>;
  /**
   * Inserts the requested cancellation.
   * @param acceptedMinor the least that the traveller wants back; null: whatever the fare gives
   * @returns its number; undefined when a live one exists
   */
  insertCancellation(
    id: string,
    correlationId: string,
    acceptedMinor?: number | null,
  ): Promise<number | undefined>;
  /** A change of one of the user's bookings, locked; undefined when there is none. */
  lockChange(bookingId: string, id: string): Promise<LockedChange | undefined>;
  /** Notes that the user wants a change accepted. */
  requestAcceptance(id: string): Promise<void>;
  audit(...entries: readonly AuditEntry[]): Promise<void>;
  enqueue(...jobs: readonly OutboxJob[]): Promise<void>;
}
