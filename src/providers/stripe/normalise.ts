import type Stripe from 'stripe';
import { z } from 'zod';
import { type Money, minorDigits } from '../../domain/money.ts';
import { Permanent, Retryable } from '../../errors.ts';
import type { Authorization, ListedAuthorization, PendingReason } from '../../ports/payments.ts';
import { madeBy, ownId } from '../deployment.ts';
import { firstField, optionalRecord, optionalText, type Reading } from '../lenient.ts';
import { readDecline } from './declines.ts';

/** Without these the payment's owner, amount or status is unknown. */
const neededSchema = z.object({
  id: z.string(),
  status: z.string(),
  amount: z.number().int(),
  amount_received: z.number().int(),
  currency: z.string(),
  created: z.number(),
  latest_charge: z
    .union([
      z.string(),
      z.object({
        amount_refunded: z.number().int(),
        payment_method_details: z
          .object({ card: z.object({ capture_before: z.number().nullish() }).nullish() })
          .nullish()
          .catch(null),
      }),
    ])
    .nullish(),
});
const code = z.string().optional().catch(undefined);
const paymentError = z
  .object({ code, decline_code: code, advice_code: code, network_advice_code: code })
  .nullish()
  .catch(null);
const optionalSchema = z.object({
  id: optionalText,
  metadata: optionalRecord,
  last_payment_error: paymentError,
});

/**
 * @param intent with its `latest_charge` expanded, which alone says until when it can be captured, and what was refunded
 * @param deployment our own name, against the one on the intent
 */
export function readIntent(intent: unknown, deployment: string): Reading<ListedAuthorization> {
  const { id, metadata, last_payment_error: lastError } = optionalSchema.parse(intent ?? {});
  const whose = { attemptId: ownId(metadata, 'attempt_id'), madeBy: madeBy(metadata, deployment) };
  const needed = neededSchema.safeParse(intent);
  if (!needed.success) return { unreadable: { id, ...whose, field: firstField(needed.error) } };
  const { status, latest_charge, created, ...rest } = needed.data;
  const charge = typeof latest_charge === 'object' ? latest_charge : null;
  const currency = rest.currency.toUpperCase();
  const captureBefore = charge?.payment_method_details?.card?.capture_before;
  const capturedMinor = fromStripe(rest.amount_received, currency);
  const refundedMinor = fromStripe(charge?.amount_refunded ?? 0, currency);
  return {
    row: {
      paymentIntentId: rest.id,
      status: STATUS[status] ?? 'pending',
      amount: { minor: fromStripe(rest.amount, currency), currency },
      capturedMinor,
      refundedMinor,
      keptMinor: capturedMinor - refundedMinor,
      captureBefore: captureBefore ? new Date(captureBefore * 1_000) : null,
      createdAt: new Date(created * 1_000),
      tripId: ownId(metadata, 'trip_id'),
      pendingFor: pendingFor(status, lastError),
      ...whose,
    },
  };
}

/** @throws Retryable when it lacks what is needed: the money is there all the same, and may be readable later */
export function toAuthorization(intent: unknown, deployment: string): Authorization {
  const reading = readIntent(intent, deployment);
  if ('unreadable' in reading)
    throw new Retryable('unreadable_authorization', `Stripe's intent lacks ${reading.unreadable.field}`);
  const { createdAt: _at, keptMinor: _kept, ...authorization } = reading.row;
  return authorization;
}

/**
 * A bank that wants the payer's confirmation off session leaves the intent in `requires_payment_method`, with the error; on session in
 * `requires_action`. Source: Stripe, "Off-session payments" and "Manual confirmation for off-session payments requiring SCA".
 */
function pendingFor(status: string, lastError: z.infer<typeof paymentError>): PendingReason | null {
  if (status === 'requires_action') return { kind: 'confirmation' };
  if (status !== 'requires_payment_method' || !lastError) return null;
  const { class: declineClass, shownCode } = readDecline(lastError);
  return declineClass === 'confirm_with_bank'
    ? { kind: 'confirmation' }
    : { kind: 'declined', class: declineClass, shownCode };
}

const STATUS: Readonly<Record<string, Authorization['status']>> = {
  requires_capture: 'authorized',
  succeeded: 'captured',
  canceled: 'voided',
} satisfies Partial<Record<Stripe.PaymentIntent.Status, Authorization['status']>>;

/** Currencies without a minor unit that Stripe counts with two decimals, always 00. Source: Stripe, "Currencies". */
const SENT_WITH_TWO_DECIMALS = new Set(['ISK', 'UGX']);
const stripeFactor = (currency: string): number => (SENT_WITH_TWO_DECIMALS.has(currency) ? 100 : 1);

/**
 * An amount as Stripe counts it. Three-decimal currencies must end in 0 there.
 * @throws Permanent when the amount is finer than Stripe can charge
 */
export function toStripe({ minor, currency }: Money): number {
  if (minorDigits(currency) === 3 && minor % 10 !== 0)
    throw new Permanent('amount_too_fine', `${currency} amounts must be multiples of ten minor units`);
  return minor * stripeFactor(currency);
}

/** What Stripe counts, in minor units. */
export const fromStripe = (amount: number, currency: string): number => amount / stripeFactor(currency);
