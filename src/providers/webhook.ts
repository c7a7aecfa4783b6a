import { type VendorRefs, vendorRefs, type WebhookHeaders } from '../ports/webhooks.ts';

/** Seconds for which a signature is accepted, before and after its time. Duffel and Stripe sign the time with the body. */
export const SIGNATURE_TOLERANCE_S = 300;

/** The value of a header that must come once. */
export function singleHeader(headers: WebhookHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Keeps the fields that are ids and drops the rest: a webhook's body is not trusted, and may hold PII. */
export function readRefs(fields: Readonly<Partial<Record<keyof VendorRefs, unknown>>>): VendorRefs {
  const ids = Object.entries(fields).filter(
    ([name, value]) => value && vendorRefs.safeParse({ [name]: value }).success,
  );
  return Object.fromEntries(ids) as VendorRefs;
}
