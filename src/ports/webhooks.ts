import { z } from 'zod';

/** The vendor that sent an event. It names the route, the stored row and the job, so it never changes. */
export type WebhookSource = string;

/** Schema of what is kept of a webhook: the ids that it names, and what it is about. */
export const vendorRefs = z.object({
  paymentIntentId: z.string().optional(),
  orderId: z.string().optional(),
  offerId: z.string().optional(),
  attemptId: z.uuid().optional(),
  /** The event says that the seller made no order of the offer. */
  orderFailed: z.boolean().optional(),
  /** What the event says of money that was captured; absent for all other events. */
  about: z.enum(['refund', 'dispute', 'fraud_warning']).optional(),
});

/** The ids that an event names, and what it says of them. The vendor's API tells the state of what they name. */
export type VendorRefs = Readonly<z.infer<typeof vendorRefs>>;

/** A verified event, reduced to the ids it names. */
export interface WebhookEvent {
  readonly provider: WebhookSource;
  readonly eventId: string;
  readonly type: string;
  /** Two events with the same key say the same; the second is dropped. */
  readonly dedupeKey: string;
  readonly refs: VendorRefs;
}

/** Header names are in lower case, as Node's HTTP server gives them. */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads the webhooks of one vendor. */
export interface WebhookReceiver {
  readonly source: WebhookSource;
  /**
   * Checks the signature over the raw body, then reads the event.
   * @returns `forged`: the signature is missing, wrong, or more than 5 minutes off · `not_an_event`: signed, but without
   * the fields of an event
   */
  read(rawBody: Buffer, headers: WebhookHeaders): WebhookEvent | 'forged' | 'not_an_event';
}
