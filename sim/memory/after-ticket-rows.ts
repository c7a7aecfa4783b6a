import type { BookingStatus } from '../../src/domain/booking.ts';
import type { Cancellation } from '../../src/domain/cancellation.ts';
import type { Money } from '../../src/domain/money.ts';
import type { Slice } from '../../src/domain/offer.ts';
import type { RefundStatus } from '../../src/domain/refund.ts';
import type { StoredChange } from '../../src/ports/storage/booked-orders.ts';

export type CancellationRow = { -readonly [Key in keyof Cancellation]: Cancellation[Key] } & {
  leaseUntil: number | null;
  requestedAt: number;
  updatedAt: number;
};

export interface RefundRow {
  readonly id: string;
  readonly attemptId: string;
  readonly bookingId: string | null;
  readonly tripId: string;
  readonly paymentIntentId: string;
  readonly key: string;
  readonly amount: Money;
  readonly requestedAt: number;
  providerRefundId: string | null;
  status: RefundStatus;
  failureReason: string | null;
  resolvedAt: number | null;
  lookedAt: number | null;
  settledAt: number | null;
}

export interface DisputeRow {
  readonly id: string;
  readonly providerId: string;
  readonly attemptId: string;
  readonly amount: Money;
  readonly openedAt: Date;
  readonly evidenceDueBy: Date | null;
  readonly paymentIntentId: string;
  readonly status: string;
  readonly closed: boolean;
  readonly lookedAt: number;
}

export interface BookingRow {
  id: string;
  status: BookingStatus;
  refundedMinor: number;
  cancelRequestedAt: number | null;
  tripId: string;
  attemptId: string;
  orderId: string;
  paymentIntentId: string;
  price: Money;
  bookedAt: number;
  ticketNumbers: readonly string[];
  itinerary: readonly Slice[];
  nextLookAt: number | null;
  lookedAt: number | null;
}

export type OrderChangeRow = { -readonly [Key in keyof StoredChange]: StoredChange[Key] } & {
  readonly bookingId: string;
  leaseUntil: number | null;
  acceptTries: number;
};
