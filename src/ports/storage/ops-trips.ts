import type { AttemptStatus, OrderFacts, StepName } from '../../domain/attempt.ts';
import type { CancellationStatus, CancellationStep } from '../../domain/cancellation.ts';
import type { RefundStatus } from '../../domain/refund.ts';
import type { Booking } from './bookings.ts';
import type { Trip } from './trips.ts';

/** An attempt with the calls that it has made, as operators see it. */
export interface OpsAttempt {
  readonly id: string;
  readonly number: number;
  readonly status: AttemptStatus;
  readonly step: StepName;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly captureBefore: Date | null;
  readonly offerId: string | null;
  readonly orderId: string | null;
  readonly orderFacts: OrderFacts | null;
  readonly paymentIntentId: string | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
  readonly leaseUntil: Date | null;
  readonly resumeAt: Date | null;
  readonly steps: readonly OpsStep[];
}

/** A call that moves money or seats: its intent, and what came of it. */
export interface OpsStep {
  readonly step: string;
  readonly tries: number;
  /** Null while it is not known. */
  readonly outcome: string | null;
  readonly intendedAt: Date;
  readonly settledAt: Date | null;
}

/** A refund as it was last read at the payment provider. */
export interface OpsRefund {
  readonly attemptId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: RefundStatus;
  readonly lookedAt: Date | null;
  readonly requestedAt: Date;
  readonly resolvedAt: Date | null;
}

/** Everything that is on record about one trip, read at one moment. */
export interface OpsTripRecords {
  readonly trip: Trip;
  readonly booking: Booking | undefined;
  /** By number. */
  readonly attempts: readonly OpsAttempt[];
  readonly cancellations: readonly {
    readonly id: string;
    readonly status: CancellationStatus;
    readonly step: CancellationStep;
    readonly leaseUntil: Date | null;
  }[];
  readonly refunds: readonly OpsRefund[];
  /** Mails and alerts that are due and not sent. */
  readonly unsent: readonly {
    readonly kind: string;
    readonly createdAt: Date;
    readonly lastError: string | null;
  }[];
  /** The newest of the audit log, in order, bookkeeping included. */
  readonly entries: readonly {
    readonly id: number;
    readonly at: Date;
    readonly type: string;
    readonly detail: unknown;
    readonly actor: string;
    readonly attemptId: string | null;
    readonly correlationId: string | null;
  }[];
}

/** Trips of all users, for operators. */
export interface OpsTripStore {
  /**
   * The trips that a reference means, newest first: the id of the trip, of an attempt or a booking; a booking reference; the vendors' id of an
   * order or a payment; the correlation id of the request that made the trip, an attempt or a cancellation.
   */
  find(reference: string, limit: number): Promise<readonly string[]>;
  /** @param limit of entries @returns undefined when there is no such trip */
  read(tripId: string, limit: number): Promise<OpsTripRecords | undefined>;
}
