import { createApp } from '../http/app.ts';
import { verifyDuffel, verifyStripe } from '../providers/webhook-signatures.ts';
import { createEventStore } from '../services/webhooks/postgres-store.ts';
import { type Base, VERSION } from './base.ts';
import { healthChecks, measure } from './health.ts';

/** The web role: the API and its pages. */
export function createWeb(base: Base) {
  const { config } = base;
  measure(base);
  return createApp({
    ...base,
    events: createEventStore(base),
    queues: base.publisher.queues,
    verify: {
      stripe: verifyStripe(config.STRIPE_WEBHOOK_SECRET),
      duffel: verifyDuffel(config.DUFFEL_WEBHOOK_SECRET),
    },
    healthChecks: healthChecks(base),
    version: VERSION,
  });
}
