import type Stripe from 'stripe';
import { type Money, minorDigits } from '../../domain/money.ts';
import { Permanent } from '../../errors.ts';

/** A hold on a card, as it stands at the provider now. */
export interface Hold {
  readonly paymentIntentId: string;
  /** `pending`: still being decided, or waiting for the traveller. */
  readonly status: 'held' | 'captured' | 'released' | 'pending';
  readonly amount: Money;
  readonly capturedMinor: number;
  /** When the issuer lets the hold lapse; each card has its own. */
  readonly captureBefore: Date | null;
  /** Whose it is, from our own metadata. */
  readonly attemptId: string | null;
  readonly tripId: string | null;
}

/** A hold as Stripe's list shows it, with what has become of its money. */
export interface ListedHold extends Hold {
  readonly createdAt: Date;
  /** Captured and not given back. */
  readonly keptMinor: number;
}

export function toHold(intent: Stripe.PaymentIntent): Hold {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const captureBefore = charge?.payment_method_details?.card?.capture_before;
  const currency = intent.currency.toUpperCase();
  return {
    paymentIntentId: intent.id,
    status: HOLD_STATUS[intent.status] ?? 'pending',
    amount: { minor: fromStripe(intent.amount, currency), currency },
    capturedMinor: fromStripe(intent.amount_received, currency),
    captureBefore: captureBefore ? new Date(captureBefore * 1000) : null,
    attemptId: intent.metadata.attempt_id ?? null,
    tripId: intent.metadata.trip_id ?? null,
  };
}

export function toListedHold(intent: Stripe.PaymentIntent): ListedHold {
  const hold = toHold(intent);
  const { currency } = hold.amount;
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  return {
    ...hold,
    createdAt: new Date(intent.created * 1_000),
    keptMinor: hold.capturedMinor - fromStripe(charge?.amount_refunded ?? 0, currency),
  };
}

const HOLD_STATUS: Partial<Record<Stripe.PaymentIntent.Status, Hold['status']>> = {
  requires_capture: 'held',
  succeeded: 'captured',
  canceled: 'released',
};

/** Stripe counts in minor units, but sends ISK, which has none, with two decimals. Source: Stripe, "Currencies". */
const stripeFactor = (currency: string): number => (currency === 'ISK' ? 100 : 1);
/** Three-decimal currencies must end in 0 at Stripe. */
export function toStripe({ minor, currency }: Money): number {
  if (minorDigits(currency) === 3 && minor % 10 !== 0)
    throw new Permanent('amount_too_fine', `${currency} amounts must be multiples of ten minor units`);
  return minor * stripeFactor(currency);
}
const fromStripe = (amount: number, currency: string): number => amount / stripeFactor(currency);
