import { z } from 'zod';
import type { Refs } from '../booking/directory.ts';
import type { EventStore, WebhookEvent, WebhookSource } from './ports.ts';

/** Ids a webhook may name; anything else of it is dropped. */
export const refsSchema = z.object({
  paymentIntentId: z.string().optional(),
  orderId: z.string().optional(),
  offerId: z.string().optional(),
  attemptId: z.uuid().optional(),
});

const stripeEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.object({ object: z.looseObject({ id: z.string().optional() }) }),
});
const duffelEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  idempotency_key: z.string().optional(),
  data: z.object({ object: z.looseObject({}) }),
});

/**
 * Stores a verified webhook once and asks for a look. The same event again, or the same news under another id, is
 * stored no second time.
 * @param body the parsed JSON, whose signature has been checked
 * @returns false when the body is not an event
 */
export async function receiveWebhook(
  events: EventStore,
  provider: WebhookSource,
  body: unknown,
): Promise<boolean> {
  const event = provider === 'stripe' ? readStripe(body) : readDuffel(body);
  if (!event) return false;
  await events.keep(event);
  return true;
}

function readStripe(body: unknown): WebhookEvent | undefined {
  const parsed = stripeEvent.safeParse(body);
  if (!parsed.success) return undefined;
  const { id, type, data } = parsed.data;
  const intent = type.startsWith('payment_intent.') ? data.object.id : data.object.payment_intent;
  const { attempt_id } = (data.object.metadata ?? {}) as { attempt_id?: unknown };
  const refs = harmless({ paymentIntentId: intent, attemptId: attempt_id });
  return { provider: 'stripe', eventId: id, type, dedupeKey: id, refs };
}

function readDuffel(body: unknown): WebhookEvent | undefined {
  const parsed = duffelEvent.safeParse(body);
  if (!parsed.success) return undefined;
  const { id, type, idempotency_key, data } = parsed.data;
  const { id: objectId, order_id, offer_id } = data.object as Record<string, unknown>;
  const orderId =
    order_id ?? (typeof objectId === 'string' && objectId.startsWith('ord_') ? objectId : undefined);
  const refs = harmless({ orderId, offerId: offer_id });
  return { provider: 'duffel', eventId: id, type, dedupeKey: `${type}:${idempotency_key ?? id}`, refs };
}

/** Keeps the fields that are ids, drops the rest. */
function harmless(fields: Record<string, unknown>): Refs {
  const kept = Object.entries(fields).filter(
    ([key, value]) => refsSchema.safeParse({ [key]: value }).success && value,
  );
  return Object.fromEntries(kept) as Refs;
}
