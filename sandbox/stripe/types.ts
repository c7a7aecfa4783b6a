export interface PaymentMethod {
  id: string;
  object: 'payment_method';
  type: 'card';
  card: { brand: string; last4: string; exp_month: number; exp_year: number };
  customer: string | null;
  /** It was saved once, and can't be used any more. */
  detached?: boolean;
  created: number;
}

export interface Charge {
  id: string;
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  captured: boolean;
  refunded: boolean;
  currency: string;
  payment_intent: string;
  status: 'succeeded' | 'failed';
  payment_method_details: { type: 'card'; card: { brand: string; last4: string; capture_before: number } };
}

export interface PaymentIntent {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  customer: string | null;
  payment_method: string | null;
  capture_method: 'automatic' | 'manual';
  client_secret: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'succeeded'
    | 'canceled';
  latest_charge: string | Charge | null;
  last_payment_error: object | null;
  /** What the payer has to do; only while the status is requires_action. */
  next_action: { type: 'use_stripe_sdk'; use_stripe_sdk: { type: 'stripe_3ds2_challenge' } } | null;
  metadata: Record<string, string>;
  description: string | null;
  created: number;
  canceled_at: number | null;
  cancellation_reason: string | null;
}

export type RefundFailure =
  | 'lost_or_stolen_card'
  | 'expired_or_canceled_card'
  | 'charge_for_pending_refund_disputed'
  | 'insufficient_funds'
  | 'declined'
  | 'merchant_request'
  | 'unknown';

export interface Refund {
  id: string;
  object: 'refund';
  amount: number;
  charge: string;
  currency: string;
  payment_intent: string;
  reason: string | null;
  status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
  pending_reason: 'processing' | 'insufficient_funds' | 'charge_pending' | null;
  failure_reason: RefundFailure | null;
  failure_balance_transaction: string | null;
  created: number;
  metadata: Record<string, string>;
}

export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost'
  | 'prevented';

export interface Dispute {
  id: string;
  object: 'dispute';
  amount: number;
  charge: string;
  currency: string;
  created: number;
  evidence_details: { due_by: number; has_evidence: boolean; past_due: boolean; submission_count: number };
  is_charge_refundable: boolean;
  metadata: Record<string, string>;
  payment_intent: string;
  payment_method_details: { type: 'card'; card: { case_type: 'inquiry' | 'chargeback' } };
  reason: string;
  status: DisputeStatus;
}

/** Times the ledger keeps beside Stripe's own object. */
export interface MoneyTimes {
  authorizedAt: string | null;
  capturedAt: string | null;
  canceledAt: string | null;
}
