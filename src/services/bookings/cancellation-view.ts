import type { CancellationAsker, CancellationStatus } from '../../domain/cancellation.ts';
import { type DecimalMoney, formatMoney } from '../../domain/money.ts';
import { type RefundState, refundProgress, refundState } from '../../domain/refund-progress.ts';
import type { Booking, BookingRefund } from '../../ports/storage/bookings.ts';

/** How a cancellation stands, as the API shows it. */
export const CANCELLATION_STATES = ['under_way', 'cancelled', 'refused', 'needs_person'] as const;
export type CancellationState = (typeof CANCELLATION_STATES)[number];

/** One refund as the API shows it. */
export interface RefundView {
  readonly amount: DecimalMoney;
  readonly status: RefundState;
  readonly requestedAt: string;
  /** When the bank's last word on it came; null before. */
  readonly settledAt: string | null;
}

/** The newest cancellation of a booking as the API shows it. */
export interface CancellationView {
  readonly status: CancellationState;
  readonly requestedBy: CancellationAsker;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
  /** Why it was refused; null otherwise. */
  readonly reason: string | null;
  /** What the airline gave back; null is unknown. */
  readonly airlineRefund: DecimalMoney | null;
  /** What the traveller gets back, and how far that is; the amount is null while it is unknown. */
  readonly refund: { readonly amount: DecimalMoney | null; readonly status: RefundState };
  readonly refunds: readonly RefundView[];
}

const STATES: Record<CancellationStatus, CancellationState> = {
  PENDING: 'under_way',
  DONE: 'cancelled',
  REFUSED: 'refused',
  NEEDS_HUMAN: 'needs_person',
};

/** Null when no cancellation was ever requested. */
export function viewCancellation({ cancellation, refunds, price }: Booking): CancellationView | null {
  if (!cancellation) return null;
  const { status, requestedBy, requestedAt, finishedAt, refusal, airlineRefund, refundMinor } = cancellation;
  const owed = status === 'REFUSED' ? 0 : refundMinor;
  const progress = refundProgress(owed, refunds.map(stored));
  return {
    status: STATES[status],
    requestedBy,
    requestedAt: requestedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    reason: refusal,
    airlineRefund: airlineRefund && formatMoney(airlineRefund),
    refund: {
      amount: owed === null ? null : formatMoney({ ...price, minor: owed }),
      // A person was called because the bank has not taken it on.
      status: status === 'NEEDS_HUMAN' && progress === 'requested' ? 'failed' : progress,
    },
    refunds: refunds.map(viewRefund),
  };
}

/** One refund as the API shows it. */
export const viewRefund = (refund: BookingRefund): RefundView => ({
  amount: formatMoney(refund.amount),
  status: refundState(stored(refund)),
  requestedAt: refund.requestedAt.toISOString(),
  settledAt: refund.settledAt?.toISOString() ?? null,
});

const stored = ({ amount, status, resolvedAt }: BookingRefund) => ({
  minor: amount.minor,
  status,
  resolved: resolvedAt !== null,
});
