import { moneyText } from '../../domain/money.ts';
import { refundState } from '../../domain/refund-progress.ts';
import type { BookingRefund } from '../../ports/storage/bookings.ts';
import type { MoneyEvent } from '../../ports/storage/receipts.ts';

/** What may happen to a trip's money, in the receipt's words. They are the API's: kinds are added, never renamed. */
export const MONEY_KINDS = [
  'held',
  'ticketed',
  'charged',
  'released',
  'refunded',
  'given_back',
  'cancelled',
  'refund_requested',
  'refund_failed',
] as const;
type MoneyKind = (typeof MONEY_KINDS)[number];

/** What each entry of the audit log says of the money. An entry is only written once the provider has confirmed it. */
const KINDS: Readonly<Record<string, MoneyKind>> = {
  'payment.authorized': 'held',
  'order.created': 'ticketed',
  'order.adopted': 'ticketed',
  'payment.captured': 'charged',
  'payment.released': 'released',
  'payment.refunded': 'refunded',
  'order.cancelled': 'given_back',
  'booking.cancelled': 'cancelled',
};

/** The types of entries that say something of the money. */
export const MONEY_TYPES = Object.keys(KINDS);

interface MoneyLine {
  readonly kind: MoneyKind;
  readonly at: string;
  readonly attemptId: string | null;
  readonly amount: string | null;
}

/**
 * The money of a trip in order: what the audit log says up to the ticket, and of refunds what the bank says. That a refund was
 * requested is one line, that the bank confirmed or failed it another.
 */
export function moneyTimeline(
  entries: readonly MoneyEvent[],
  refunds: readonly BookingRefund[],
): MoneyLine[] {
  const lines = entries.map(({ at, type, detail, attemptId }): MoneyLine & { readonly when: Date } => {
    const kind = KINDS[type] as MoneyKind;
    return {
      kind,
      when: at,
      at: at.toISOString(),
      attemptId,
      amount: kind === 'cancelled' ? null : amountIn(detail),
    };
  });
  return [...lines, ...refunds.flatMap(linesOf)]
    .sort((a, b) => a.when.getTime() - b.when.getTime())
    .map(({ when: _, ...line }) => line);
}

function linesOf({ amount, status, requestedAt, settledAt, resolvedAt }: BookingRefund) {
  const line = (kind: MoneyKind, when: Date) => ({
    kind,
    when,
    at: when.toISOString(),
    attemptId: null,
    amount: moneyText(amount),
  });
  const state = refundState({ status, resolved: resolvedAt !== null });
  const requested = line('refund_requested', requestedAt);
  if (!settledAt || state === 'requested' || state === 'pending') return [requested];
  return [requested, line(state === 'arrived' ? 'refunded' : 'refund_failed', settledAt)];
}

/** `399.00 GBP`, under whichever of these names the entry has it. */
function amountIn(detail: unknown): string | null {
  const { amount, total, refunded } = detail as Record<string, string | undefined>;
  return amount ?? total ?? refunded ?? null;
}
