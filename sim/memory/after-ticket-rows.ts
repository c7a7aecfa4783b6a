import type { Cancellation } from '../../src/domain/cancellation.ts';
import type { Money } from '../../src/domain/money.ts';
import type { RefundStatus } from '../../src/domain/refund.ts';

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
  readonly paymentIntentId: string;
  readonly status: string;
  readonly closed: boolean;
  readonly lookedAt: number;
}
