import { identitySettings } from '../config/identity.ts';
import { createBookingStore } from '../db/stores/bookings.ts';
import { createCancellationQuoteStore } from '../db/stores/cancellation-quotes.ts';
import { createCaseStore } from '../db/stores/cases.ts';
import { createFuseStore } from '../db/stores/fuse.ts';
import { createIdempotencyStore } from '../db/stores/idempotency.ts';
import { createOpsAuditStore } from '../db/stores/ops-audits.ts';
import { createOpsTripStore } from '../db/stores/ops-trips.ts';
import { createPaymentMethodStore } from '../db/stores/payment-methods.ts';
import { createReceiptStore } from '../db/stores/receipts.ts';
import { createTravelerStore } from '../db/stores/travelers.ts';
import { createTripReader } from '../db/stores/trip-reader.ts';
import { createTripStore } from '../db/stores/trips.ts';
import { createUserStore } from '../db/stores/users.ts';
import { createWebhookEventStore } from '../db/stores/webhook-events.ts';
import { createApp } from '../http/app.ts';
import { MAX_STREAMS } from '../http/events.ts';
import type { WebhookReceiver } from '../ports/webhooks.ts';
import { createTokenVerifier } from '../providers/oidc/index.ts';
import { createStripeWebhooks } from '../providers/stripe/webhook.ts';
import { createEventTickets } from '../redis/event-tickets.ts';
import { createKeptAnswers } from '../redis/kept-answers.ts';
import { createOpenStreams } from '../redis/open-streams.ts';
import { type Base, VERSION } from './base.ts';
import { caseSettings } from './case-settings.ts';
import { healthChecks, measure } from './health.ts';

/** The web role: the API and its pages. */
export function createWeb(base: Base) {
  const { config, sellers } = base;
  const webhookReceivers: WebhookReceiver[] = [
    createStripeWebhooks(config.STRIPE_WEBHOOK_SECRET),
    ...sellers.flatMap(({ webhooks }) => webhooks ?? []),
  ];
  measure(base);
  return createApp({
    ...base,
    verifyToken: createTokenVerifier(identitySettings(config)),
    openStreams: createOpenStreams(base.redis, { prefix: config.QUEUE_PREFIX, most: MAX_STREAMS }),
    keptAnswers: createKeptAnswers(base.redis, config.QUEUE_PREFIX),
    events: createWebhookEventStore(base),
    fuseStore: createFuseStore(base),
    cases: createCaseStore(base.opsDatabase),
    caseSettings: caseSettings(config),
    opsTrips: createOpsTripStore(base.opsDatabase),
    receipts: createReceiptStore(base),
    opsReceipts: createReceiptStore(base.opsDatabase),
    trips: createTripStore(base),
    tripReader: createTripReader(base),
    bookings: createBookingStore(base),
    cancellationQuotes: createCancellationQuoteStore(base),
    users: createUserStore(base),
    travelers: createTravelerStore(base),
    paymentMethods: createPaymentMethodStore(base),
    idempotencyKeys: createIdempotencyStore(base),
    opsAudits: createOpsAuditStore(base),
    queues: base.publisher.queues,
    webhookReceivers,
    publishableKey: config.STRIPE_PUBLISHABLE_KEY ?? null,
    eventTickets: createEventTickets(base.redis, config.QUEUE_PREFIX),
    healthChecks: healthChecks(base),
    version: VERSION,
  });
}
