export interface PaymentMethod {
  id: string;
  object: 'payment_method';
  type: 'card';
  card: { brand: string; last4: string; exp_month: number; exp_year: number };
  customer: string | null;
  created: number;
}

export interface Charge {
  id: string;
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  captured: boolean;
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
  metadata: Record<string, string>;
  description: string | null;
  created: number;
  canceled_at: number | null;
  cancellation_reason: string | null;
}

export interface Refund {
  id: string;
  object: 'refund';
  amount: number;
  currency: string;
  payment_intent: string;
  reason: string | null;
  status: 'succeeded' | 'failed';
  created: number;
  metadata: Record<string, string>;
}

/** Times the ledger keeps beside Stripe's own object. */
export interface MoneyTimes {
  authorizedAt: string | null;
  capturedAt: string | null;
  canceledAt: string | null;
}
