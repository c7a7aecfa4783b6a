import { newId } from '../world.ts';
import type { TestCard } from './cards.ts';
import { checkMetadata } from './metadata.ts';
import type { Charge, PaymentIntent } from './types.ts';

/** An intent that is not confirmed yet. @param created seconds since 1970 */
export function newIntent(body: Record<string, unknown>, amount: number, created: number): PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: 0,
    amount_received: 0,
    currency: String(body.currency),
    customer: (body.customer as string) ?? null,
    payment_method: null,
    capture_method: body.capture_method === 'manual' ? 'manual' : 'automatic',
    client_secret: `${id}_secret_${newId('s')}${newId('s')}`,
    status: 'requires_payment_method',
    latest_charge: null,
    last_payment_error: null,
    next_action: null,
    metadata: checkMetadata(body.metadata),
    description: (body.description as string) ?? null,
    created,
    canceled_at: null,
    cancellation_reason: null,
  };
}

/** What the issuer authorized. @param now seconds since 1970 */
export function newCharge(
  { id, amount, currency }: PaymentIntent,
  { brand, last4, authorizationMs }: Pick<TestCard, 'brand' | 'last4' | 'authorizationMs'>,
  now: number,
): Charge {
  return {
    id: newId('ch'),
    object: 'charge',
    amount,
    amount_captured: 0,
    amount_refunded: 0,
    captured: false,
    refunded: false,
    currency,
    payment_intent: id,
    status: 'succeeded',
    payment_method_details: {
      type: 'card',
      card: { brand, last4, capture_before: now + Math.floor(authorizationMs / 1000) },
    },
  };
}
