import type { Money } from './money.ts';

/**
 * How a refund stands. `requested`: recorded, and not seen at the provider yet. `succeeded` is what the provider expects; such a
 * refund may still fail within about 30 days. Source: Stripe, "Refund and cancel payments".
 */
export type RefundStatus = 'requested' | 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

/** A refund as the payment provider shows it. */
export interface Refund {
  /** The provider's. */
  readonly id: string;
  readonly status: Exclude<RefundStatus, 'requested'>;
  readonly amount: Money;
  /** Why it waits, in the provider's own word. */
  readonly pendingReason: string | null;
  /** Why it failed, in the provider's own word. */
  readonly failureReason: string | null;
  /** The key under which we asked for it; null when it was asked for elsewhere, or by a version that did not say. */
  readonly key: string | null;
  readonly createdAt: Date;
}

/** What a payment's refunds amount to, in minor units. */
export interface RefundTotals {
  /** With the cardholder, as far as the provider knows. */
  readonly arrivedMinor: number;
  /** Arrived or on its way. A refund that failed or was canceled counts for nothing. */
  readonly aliveMinor: number;
}

/** Adds up refunds of one payment. */
export function totalOf(
  refunds: readonly { readonly status: RefundStatus; readonly amount: Pick<Money, 'minor'> }[],
): RefundTotals {
  const sum = (wanted: readonly RefundStatus[]) =>
    refunds
      .filter(({ status }) => wanted.includes(status))
      .reduce((total, { amount }) => total + amount.minor, 0);
  return {
    arrivedMinor: sum(['succeeded']),
    aliveMinor: sum(['succeeded', 'pending', 'requires_action']),
  };
}

/** Whether a refund brought nothing back, and nothing more will come of it. */
export const hasFailed = ({ status }: { readonly status: RefundStatus }): boolean =>
  status === 'failed' || status === 'canceled';

/** The failures that were ours, or passing: the same card may take the same refund later. */
const PASSING = new Set(['insufficient_funds', 'processing']);
/** A second failure for the same reason is no accident. */
const MAX_PASSING_FAILURES = 1;

/** Source: Stripe, "Refund object", failure reasons. `lost_or_stolen_card` is left out, as of a declined card. */
const SHOWN_REASONS = new Set([
  'expired_or_canceled_card',
  'charge_for_pending_refund_disputed',
  'insufficient_funds',
  'declined',
  'merchant_request',
  'processing',
  'unknown',
]);

/** What a traveller may read of why a refund failed; null where that is for operators alone, or a word that we do not know. */
export const shownReason = ({ failureReason }: { readonly failureReason: string | null }): string | null =>
  failureReason !== null && SHOWN_REASONS.has(failureReason) ? failureReason : null;

/**
 * Whether what failed may be asked for once more, on the same card. A card that is lost, expired or closed takes no refund: the
 * traveller must be repaid another way, which a person decides. Source: Stripe, "Refund and cancel payments", failed refunds.
 */
export function mayRefundAgain(failed: readonly { readonly failureReason: string | null }[]): boolean {
  return (
    failed.length <= MAX_PASSING_FAILURES &&
    failed.every(({ failureReason }) => PASSING.has(failureReason ?? ''))
  );
}

/**
 * The order in which a refund passes through its statuses. What is read late is not written over what is known: of two
 * readings of one refund the further one is the truth.
 */
const PROGRESS: Record<RefundStatus, number> = {
  requested: 0,
  pending: 1,
  requires_action: 1,
  succeeded: 2,
  failed: 3,
  canceled: 3,
};

/** Whether a refund that stood at `from` may be seen at `to`. */
export const movesOn = (from: RefundStatus, to: RefundStatus): boolean =>
  from !== to && PROGRESS[to] >= PROGRESS[from];
