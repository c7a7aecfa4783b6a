/**
 * How far a refund is, in words for the traveller. `arrived`: the bank confirmed it, and shows it within days. `resolved`: it failed,
 * and our team made it good in another way. `unknown`: what comes back is not known yet.
 */
export const REFUND_STATES = [
  'none',
  'unknown',
  'requested',
  'pending',
  'arrived',
  'failed',
  'resolved',
] as const;
/** How far one refund, or all refunds of a booking together, are. */
export type RefundState = (typeof REFUND_STATES)[number];

/** One refund as storage keeps it: the payment provider's status, or `requested` before it has one. */
export interface StoredRefund {
  readonly minor: number;
  readonly status: string;
  /** Whether another refund or a person made good what this one did not bring back. */
  readonly resolved: boolean;
}

/** Source: Stripe, "Refund and cancel payments"; `succeeded` may still fail within 30 days. */
const STATES: Readonly<Record<string, RefundState>> = {
  requested: 'requested',
  pending: 'pending',
  requires_action: 'pending',
  succeeded: 'arrived',
  failed: 'failed',
  canceled: 'failed',
};

/** A status that is new to this version is not taken for an arrival. */
export const refundState = ({ status, resolved }: Omit<StoredRefund, 'minor'>): RefundState => {
  const state = STATES[status] ?? 'pending';
  return state === 'failed' && resolved ? 'resolved' : state;
};

/**
 * How far what a booking's traveller gets back is, all its refunds together.
 * @param owedMinor what the traveller gets back; null while that is unknown
 */
export function refundProgress(owedMinor: number | null, refunds: readonly StoredRefund[]): RefundState {
  if (owedMinor === null) return 'unknown';
  if (owedMinor === 0) return 'none';
  const sum = (...states: RefundState[]) =>
    refunds
      .filter((refund) => states.includes(refundState(refund)))
      .reduce((total, { minor }) => total + minor, 0);
  if (sum('arrived') >= owedMinor) return 'arrived';
  if (sum('arrived', 'resolved') >= owedMinor) return 'resolved';
  if (sum('arrived', 'resolved', 'pending', 'requested') < owedMinor && sum('failed') > 0) return 'failed';
  return sum('pending') > 0 ? 'pending' : 'requested';
}
