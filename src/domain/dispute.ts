import type { Money } from './money.ts';

/** A payment that the cardholder disputes at the bank, or asks about, as the payment provider shows it. */
export interface Dispute {
  /** The provider's. */
  readonly id: string;
  readonly paymentIntentId: string;
  readonly amount: Money;
  /** The provider's own word, such as `fraudulent`. */
  readonly reason: string;
  /** The provider's own word, such as `needs_response`. */
  readonly status: string;
  /** Nothing more comes of it. A bank may still change its mind; then it is open again. */
  readonly closed: boolean;
  /** Until when evidence is taken; null when no response is possible. */
  readonly evidenceDueBy: Date | null;
  /** Whether the payment may still be refunded; null when the provider does not say. */
  readonly refundable: boolean | null;
  readonly openedAt: Date;
}

/** Whether a dispute forbids to refund its payment. Unknown is not a yes. */
export const forbidsRefund = ({ closed, refundable }: Pick<Dispute, 'closed' | 'refundable'>): boolean =>
  refundable === false || (refundable === null && !closed);

/** The statuses in which the bank waits for a response. Source: Stripe, "Dispute object". */
export const WAITS_FOR_RESPONSE: ReadonlySet<string> = new Set(['needs_response', 'warning_needs_response']);
