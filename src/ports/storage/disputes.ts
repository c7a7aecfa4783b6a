import type { Dispute } from '../../domain/dispute.ts';
import type { SagaEvent } from '../../domain/saga.ts';
import type { NotificationRequest } from './notifications.ts';

/** The payment of ours that a dispute is about. */
export interface DisputedPayment {
  readonly attemptId: string;
  readonly tripId: string;
  readonly userId: string;
  readonly correlationId: string;
}

/** What a look at a dispute means for audit log and mail. `services/refunds/decide-dispute.ts` decides it. */
export interface DisputeWrite {
  readonly events: readonly SagaEvent[];
  readonly notifications: readonly NotificationRequest[];
}

/** Disputes in storage. */
export interface DisputeStore {
  /**
   * Stores a dispute as the provider shows it now, and what `decide` makes of the change, in one transaction.
   * @param decide is given the status that was stored before; null when the dispute is new
   * @returns false, and nothing is written, when the payment is none of ours
   */
  record(
    dispute: Dispute,
    decide: (payment: DisputedPayment, before: string | null) => DisputeWrite,
  ): Promise<boolean>;
  /** Payments with an open dispute that was not looked at for an hour, longest waiting first. */
  due(limit: number): Promise<readonly string[]>;
}
