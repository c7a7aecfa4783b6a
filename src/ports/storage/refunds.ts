import type { BookingStatus } from '../../domain/booking.ts';
import type { Cancellation } from '../../domain/cancellation.ts';
import type { Refund, RefundStatus } from '../../domain/refund.ts';
import type { SagaEvent } from '../../domain/saga.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AttemptSummary } from './attempt-directory.ts';
import type { NotificationRequest } from './notifications.ts';

/** A refund as storage has it. */
export interface StoredRefund {
  readonly id: string;
  /** Null until the provider was seen to have it. */
  readonly providerRefundId: string | null;
  readonly key: string;
  readonly amount: { readonly minor: number; readonly currency: string };
  readonly status: RefundStatus;
  readonly pendingReason: string | null;
  readonly failureReason: string | null;
  /** A person or another refund made good what this one did not bring back. */
  readonly resolved: boolean;
  /** Milliseconds since it was asked for, by the storage's own clock. */
  readonly ageMs: number;
}

/** A payment of ours with all that hangs on its refunds. */
export interface RefundedPayment {
  readonly attempt: AttemptSummary & { readonly userId: string; readonly amountMinor: number };
  readonly booking: {
    readonly id: string;
    readonly status: BookingStatus;
    readonly refundedMinor: number;
  } | null;
  /** The booking's newest. */
  readonly cancellation: Pick<
    Cancellation,
    'id' | 'status' | 'step' | 'refundMinor' | 'paidElsewhereMinor'
  > | null;
  readonly refunds: readonly StoredRefund[];
}

/** What of a stored refund changes. */
export interface RefundChange extends Partial<Pick<Refund, 'status' | 'pendingReason' | 'failureReason'>> {
  readonly id: string;
  readonly providerRefundId?: string;
  readonly resolved?: true;
}

/** What looking at a payment's refunds changes. `services/refunds/decide.ts` decides it. */
export interface RefundsWrite {
  readonly changes: readonly RefundChange[];
  /** Refunds at the provider that storage did not know. */
  readonly found: readonly (Refund & { readonly key: string })[];
  /** Absent: the booking stays as it is. */
  readonly booking?: {
    readonly status: Exclude<BookingStatus, 'CONFIRMED'>;
    readonly refundedMinor: number;
  };
  /** The booking's cancellation, which was done, refunds again. */
  readonly reopensCancellation?: true;
  readonly events: readonly SagaEvent[];
  readonly notifications: readonly NotificationRequest[];
  readonly jobs: readonly OutboxJob[];
}

/** Refunds in storage. */
export interface RefundStore {
  /**
   * Shows a payment's refunds, locked, to `decide`, and writes what it decides in the same transaction. Each of them counts as
   * looked at now.
   * @returns the payment as `decide` saw it; undefined when no attempt of ours has it
   */
  follow(
    paymentIntentId: string,
    decide: (payment: RefundedPayment) => RefundsWrite,
  ): Promise<RefundedPayment | undefined>;
  /**
   * Payments with a refund that should be looked at again, longest waiting first: those that are not final, often while they
   * are young; those that succeeded, daily for as long as they may still fail; those that failed and wait for a person, daily.
   */
  due(limit: number): Promise<readonly string[]>;
}
