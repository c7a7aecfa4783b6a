import Stripe from 'stripe';
import { OutcomeUnknown, Permanent, Retryable } from '../../errors.ts';

/** The issuer said no. Nothing is held; another card, or the traveller's own confirmation, may help. */
export class Declined extends Permanent {
  /** The intent the refusal left behind, to be cancelled. */
  readonly paymentIntentId: string | null;
  /** The issuer wants the traveller to confirm in person. */
  readonly needsTraveler: boolean;
  constructor(code: string, paymentIntentId: string | null) {
    super(code, `card refused: ${code}`);
    this.paymentIntentId = paymentIntentId;
    this.needsTraveler = code === 'authentication_required';
  }
}

/** Sorts what Stripe's SDK throws by what is certain. Source: Stripe, "Error handling"; docs/vendors.md. */
export function classify(error: unknown): Error {
  if (error instanceof Stripe.errors.StripeCardError) {
    const code =
      error.decline_code && error.code === 'card_declined'
        ? error.decline_code
        : (error.code ?? 'card_declined');
    return new Declined(code, error.payment_intent?.id ?? null);
  }
  if (error instanceof Stripe.errors.StripeRateLimitError)
    return new Retryable('stripe_rate_limit', 'Stripe asks for patience', { retryAfterMs: 2_000 });
  if (error instanceof Stripe.errors.StripeAPIError && error.statusCode === 409)
    return new Retryable('idempotency_key_in_use', 'Stripe is still busy with the same request', {
      retryAfterMs: 1_000,
    });
  if (
    error instanceof Stripe.errors.StripeInvalidRequestError ||
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError ||
    error instanceof Stripe.errors.StripeIdempotencyError
  )
    return new Permanent(error.code ?? error.type, `Stripe refused: ${error.code ?? error.type}`);
  return new OutcomeUnknown('stripe_answer_lost', 'Stripe gave no readable answer', { cause: error });
}

/** Of a read nothing is unknown: it can simply be asked again. */
export function classifyRead(error: unknown): Error {
  const classified = classify(error);
  return classified instanceof OutcomeUnknown
    ? new Retryable(classified.code, classified.message, { cause: error })
    : classified;
}
