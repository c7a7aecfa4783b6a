import { createHmac, timingSafeEqual } from 'node:crypto';
import Stripe from 'stripe';

/** Seconds a signature stays good; both vendors sign the time with the body. */
const TOLERANCE_S = 300;

export type VerifyWebhook = (rawBody: Buffer, header: string | undefined) => unknown;

/**
 * Checks a Stripe signature with Stripe's own code, and refuses times in the future too, which it accepts.
 * @returns the event, or undefined when it is forged or stale
 */
export const verifyStripe =
  (secret: string, now: () => number = Date.now): VerifyWebhook =>
  (rawBody, header) => {
    if (!header || tooFarAhead(header, now())) return undefined;
    try {
      return Stripe.webhooks.constructEvent(rawBody, header, secret, TOLERANCE_S, undefined, now());
    } catch {
      return undefined;
    }
  };

/** Checks `X-Duffel-Signature: t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`; other parts are ignored. */
export const verifyDuffel =
  (secret: string, now: () => number = Date.now): VerifyWebhook =>
  (rawBody, header) => {
    const parts = new Map(
      (header ?? '').split(',').map((part) => part.trim().split('=') as [string, string]),
    );
    const [time, given] = [parts.get('t'), parts.get('v1')];
    if (!time || !given || Math.abs(now() / 1_000 - Number(time)) > TOLERANCE_S || Number.isNaN(Number(time)))
      return undefined;
    const wanted = createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest();
    const sent = Buffer.from(given, 'hex');
    if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return undefined;
    try {
      return JSON.parse(rawBody.toString());
    } catch {
      return undefined;
    }
  };

const tooFarAhead = (header: string, now: number): boolean =>
  Number(/(?:^|,)\s*t=(\d+)/.exec(header)?.[1] ?? 0) - now / 1_000 > TOLERANCE_S;
