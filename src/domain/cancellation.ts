import type { Money } from './money.ts';
import type { SagaEvent } from './saga.ts';

/** NEEDS_HUMAN waits for a person; DONE and REFUSED are final. */
export const CANCELLATION_STATUSES = ['PENDING', 'DONE', 'REFUSED', 'NEEDS_HUMAN'] as const;
/** Where a cancellation stands. */
export type CancellationStatus = (typeof CANCELLATION_STATUSES)[number];

/** Who asked for a cancellation. `airline`: the order was cancelled at the seller without a request of ours. */
export const CANCELLATION_ASKERS = ['traveller', 'airline', 'operator'] as const;
/** The one who asked for one cancellation. */
export type CancellationAsker = (typeof CANCELLATION_ASKERS)[number];

/** The step a cancellation takes next. The confirmation is the pivot: after it there is no ticket any more. */
export type CancellationStep = 'quote' | 'confirm' | 'verify_order' | 'refund' | 'verify_refund' | 'done';

/** What the airline would refund, and how. */
export interface QuotedRefund {
  readonly id: string;
  /** Null is unknown, not zero. */
  readonly refund: Money | null;
  /** Where the money would go; only `balance` gives it back to us. */
  readonly refundTo: string;
}

/** One request to cancel a booking, as its saga sees it. */
export interface Cancellation {
  readonly id: string;
  readonly bookingId: string;
  /** The attempt that bought the ticket: the cancellation's intents are keyed by it. */
  readonly attemptId: string;
  readonly tripId: string;
  readonly userId: string;
  readonly requestedBy: CancellationAsker;
  /** The first request of a booking is 1. */
  readonly number: number;
  readonly status: CancellationStatus;
  readonly step: CancellationStep;
  readonly epoch: number;
  readonly correlationId: string | null;
  readonly orderId: string;
  readonly paymentIntentId: string;
  readonly paid: Money;
  readonly quote: QuotedRefund | null;
  /** What the airline gave back, as the cancelled order says; null is unknown, not zero. */
  readonly airlineRefund: Money | null;
  /** What the traveller gets back in all, in minor units of `paid`; null before that is known. */
  readonly refundMinor: number | null;
  /** What of it a person has paid in another way than to the card. */
  readonly paidElsewhereMinor: number;
  /** It was done, and a refund failed afterwards. */
  readonly reopened: boolean;
  /** The provider's ids of failed refunds that a person has dealt with: they no longer forbid to refund the card. */
  readonly resolvedRefunds: readonly string[];
  /** The least that the traveller wants back, in minor units of `paid`; null: whatever the fare gives. */
  readonly acceptedMinor: number | null;
}

/** What a step changes of its cancellation. */
export interface CancellationPatch
  extends Partial<Pick<Cancellation, 'status' | 'step' | 'quote' | 'airlineRefund' | 'refundMinor'>> {
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** How a cancellation ends. */
export type CancellationOutcome =
  | {
      readonly kind: 'cancelled';
      /** What the bank says has been refunded. */
      readonly refunded: Money;
      /** What the bank has taken on and not confirmed, in minor units; its refunds are followed further. */
      readonly pendingMinor: number;
      /** The refunds, by the provider's ids, that were read as failed and that others made good. */
      readonly madeGood: readonly string[];
      readonly events?: readonly SagaEvent[];
    }
  /** The fare gives no money back: the booking stays as it is. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'human';
      readonly code: string;
      readonly message: string;
      /** Set when there is no ticket any more: what the bank has refunded so far, in minor units. */
      readonly ticketGone?: { readonly refundedMinor: number };
    };

/** What goes back to the card, in minor units of what was paid; 0 before the refund is known. */
export const owedToCard = ({
  refundMinor,
  paidElsewhereMinor,
}: Pick<Cancellation, 'refundMinor' | 'paidElsewhereMinor'>): number =>
  Math.max(0, (refundMinor ?? 0) - paidElsewhereMinor);
