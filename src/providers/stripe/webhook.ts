import Stripe from 'stripe';
import { z } from 'zod';
import type { VendorRefs, WebhookEvent, WebhookReceiver } from '../../ports/webhooks.ts';
import { readRefs, SIGNATURE_TOLERANCE_S, singleHeader } from '../webhook.ts';

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.object({ object: z.looseObject({ id: z.string().optional() }) }),
});

/**
 * Reads Stripe's webhooks. Source: Stripe, "Verify webhook signatures".
 * @param secret the endpoint's signing secret
 * @param now milliseconds since 1970
 */
export function createStripeWebhooks(secret: string, now: () => number = Date.now): WebhookReceiver {
  return {
    source: 'stripe',
    read(rawBody, headers) {
      const body = verify(rawBody, singleHeader(headers, 'stripe-signature'), secret, now());
      return body === undefined ? 'forged' : readEvent(body);
    },
  };
}

/**
 * Checks the signature with Stripe's own code. The SDK accepts times in the future, which are refused here.
 * @returns the parsed body, or undefined when the signature does not match or is too old or too new
 */
function verify(rawBody: Buffer, header: string | undefined, secret: string, now: number): unknown {
  if (!header || isTooFarAhead(header, now)) return undefined;
  try {
    return Stripe.webhooks.constructEvent(rawBody, header, secret, SIGNATURE_TOLERANCE_S, undefined, now);
  } catch {
    return undefined;
  }
}

const isTooFarAhead = (header: string, now: number): boolean =>
  Number(/(?:^|,)\s*t=(\d+)/.exec(header)?.[1] ?? 0) - now / 1_000 > SIGNATURE_TOLERANCE_S;

/** The intent is the event's object, or is named by it: a charge, refund or dispute. */
function readEvent(body: unknown): WebhookEvent | 'not_an_event' {
  const parsed = eventSchema.safeParse(body);
  if (!parsed.success) return 'not_an_event';
  const { id, type, data } = parsed.data;
  const paymentIntentId = type.startsWith('payment_intent.') ? data.object.id : data.object.payment_intent;
  const metadata = (data.object.metadata ?? {}) as { attempt_id?: unknown };
  return {
    provider: 'stripe',
    eventId: id,
    type,
    dedupeKey: id,
    refs: readRefs({ paymentIntentId, attemptId: metadata.attempt_id, about: aboutOf(type) }),
  };
}

/** Events of money that was captured, by the beginning of their type. Source: Stripe, "Types of events". */
const ABOUT = [
  ['refund.', 'refund'],
  ['charge.refund', 'refund'],
  ['charge.dispute.', 'dispute'],
  ['radar.early_fraud_warning.', 'fraud_warning'],
] as const;

const aboutOf = (type: string): VendorRefs['about'] => ABOUT.find(([start]) => type.startsWith(start))?.[1];
