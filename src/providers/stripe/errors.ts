import Stripe from 'stripe';
import { AccountTrouble, OutcomeUnknown, Retryable } from '../../errors.ts';
import { Declined, type PaymentRefusal, PaymentRefused } from '../../ports/payments.ts';
import { type CardError, readDecline } from './declines.ts';

/** What a no to a call on an authorization means. Codes not named here: `refused`. Source: Stripe, "Error codes". */
const REFUSALS: Readonly<Record<string, PaymentRefusal>> = {
  amount_too_small: 'amount',
  charge_already_refunded: 'already_refunded',
  charge_disputed: 'disputed',
  refund_disputed_payment: 'disputed',
};

/** The waits Stripe does not state: of a 429, and of a call whose key another call is using. */
const RATE_LIMIT_RETRY_MS = 2_000;
const KEY_IN_USE_RETRY_MS = 1_000;

/** What is certain after a call that failed. Source: Stripe, "Error handling". */
export type StripeFailure =
  /** 402: the issuer said no. */
  | { readonly kind: 'declined'; readonly error: CardError; readonly paymentIntentId: string | null }
  /** 429 */
  | { readonly kind: 'rate_limited' }
  /** 409: another call under the same key is not finished. */
  | { readonly kind: 'key_in_use' }
  /** 401, 403: our key was rotated, or lacks the permission. */
  | { readonly kind: 'account'; readonly code: string }
  /** 400, 404: nothing happened, and nothing will. */
  | { readonly kind: 'refused'; readonly code: string }
  /** 5xx, no answer, or none that can be read. */
  | { readonly kind: 'no_answer'; readonly cause?: unknown };

function describeFailure(error: unknown): StripeFailure {
  if (error instanceof Stripe.errors.StripeCardError)
    return {
      kind: 'declined',
      error,
      paymentIntentId: error.payment_intent?.id ?? null,
    };
  if (error instanceof Stripe.errors.StripeRateLimitError) return { kind: 'rate_limited' };
  if (error instanceof Stripe.errors.StripeAPIError && error.statusCode === 409)
    return { kind: 'key_in_use' };
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  )
    return { kind: 'account', code: error.code ?? `stripe_${error.statusCode ?? 'account'}` };
  if (
    error instanceof Stripe.errors.StripeInvalidRequestError ||
    error instanceof Stripe.errors.StripeIdempotencyError
  )
    return { kind: 'refused', code: error.code ?? error.type };
  return { kind: 'no_answer', cause: error };
}

/** The error that a write throws after this failure. */
export function toError(failure: StripeFailure): Error {
  switch (failure.kind) {
    case 'declined': {
      const { code, class: declineClass, shownCode } = readDecline(failure.error);
      return new Declined(code, declineClass, failure.paymentIntentId, shownCode);
    }
    case 'account':
      return new AccountTrouble('stripe', failure.code);
    case 'rate_limited':
      return new Retryable('stripe_rate_limit', 'the rate limit of Stripe is reached', {
        retryAfterMs: RATE_LIMIT_RETRY_MS,
      });
    case 'key_in_use':
      return new Retryable('idempotency_key_in_use', 'Stripe still works on a call with the same key', {
        retryAfterMs: KEY_IN_USE_RETRY_MS,
      });
    case 'refused':
      return new PaymentRefused(
        failure.code,
        REFUSALS[failure.code] ?? 'refused',
        `Stripe refused: ${failure.code}`,
      );
    case 'no_answer':
      return new OutcomeUnknown('stripe_answer_lost', 'Stripe gave no readable answer', {
        cause: failure.cause,
      });
  }
}

/** The error that a read throws after this failure. A read has no effect, so it can always be repeated. */
export function toReadError(failure: StripeFailure): Error {
  const error = toError(failure);
  return error instanceof OutcomeUnknown
    ? new Retryable(error.code, error.message, { cause: error.cause })
    : error;
}

/** Classifies what the SDK threw in a write. */
export const classifyError = (error: unknown): Error => toError(describeFailure(error));

/** Classifies what the SDK threw in a read. */
export const classifyReadError = (error: unknown): Error => toReadError(describeFailure(error));
