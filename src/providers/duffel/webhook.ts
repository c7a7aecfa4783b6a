import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { WebhookEvent, WebhookReceiver } from '../../ports/webhooks.ts';
import { readRefs, SIGNATURE_TOLERANCE_S, singleHeader } from '../webhook.ts';

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  idempotency_key: z.string().optional(),
  data: z
    .looseObject({ object: z.looseObject({}).optional() })
    .refine((data) => Object.keys(data).length > 0),
});

/** Sent after a create-order that was answered with 202. Source: Duffel, "Webhooks". */
const CREATION_FAILED = 'order.creation_failed';

/** May be sent of one order many times, each time for other news, and always with the order's id as its key. */
const REPEATS = new Set(['order.updated']);

/**
 * Reads Duffel's webhooks. Source: Duffel, "Receiving webhooks".
 * @param secret the webhook's signing secret
 * @param now milliseconds since 1970
 */
export function createDuffelWebhooks(secret: string, now: () => number = Date.now): WebhookReceiver {
  return {
    source: 'duffel',
    read(rawBody, headers) {
      const body = verify(rawBody, singleHeader(headers, 'x-duffel-signature'), secret, now());
      return body === undefined ? 'forged' : readEvent(body);
    },
  };
}

/**
 * Checks `X-Duffel-Signature: t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`; other parts are ignored.
 * @returns the parsed body, or undefined when the signature does not match or is too old or too new
 */
function verify(rawBody: Buffer, header: string | undefined, secret: string, now: number): unknown {
  const parts = new Map((header ?? '').split(',').map((part) => part.trim().split('=') as [string, string]));
  const [time, given] = [parts.get('t'), parts.get('v1')];
  if (!time || !given || !isRecent(Number(time), now)) return undefined;
  const wanted = createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest();
  const sent = Buffer.from(given, 'hex');
  if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return undefined;
  try {
    return JSON.parse(rawBody.toString());
  } catch {
    return undefined;
  }
}

/** False for NaN, too. */
const isRecent = (unixSeconds: number, now: number): boolean =>
  Math.abs(now / 1_000 - unixSeconds) <= SIGNATURE_TOLERANCE_S;

/**
 * The order is the event's object, or is named by it: payloads are thin, and some have no `object` around them. The
 * idempotency key is the id of what the event is about: what happens once to it is the same news under the same key. Sources:
 * Duffel, "Webhooks"; docs/vendors.md.
 */
function readEvent(body: unknown): WebhookEvent | 'not_an_event' {
  const parsed = eventSchema.safeParse(body);
  if (!parsed.success) return 'not_an_event';
  const { id, type, idempotency_key, data } = parsed.data;
  const { id: objectId, order_id, offer_id } = (data.object ?? data) as Record<string, unknown>;
  const orderId = [order_id, objectId, idempotency_key].find(isOrderId);
  return {
    provider: 'duffel',
    eventId: id,
    type,
    dedupeKey: `${type}:${(REPEATS.has(type) ? null : idempotency_key) ?? id}`,
    refs: readRefs({ orderId, offerId: offer_id, orderFailed: type === CREATION_FAILED }),
  };
}

const isOrderId = (id: unknown): id is string => typeof id === 'string' && id.startsWith('ord_');
