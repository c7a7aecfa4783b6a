import type { WebhookEventStore } from '../../src/ports/storage/webhook-events.ts';
import type { WebhookSource } from '../../src/ports/webhooks.ts';
import type { Tables } from './tables.ts';

const keyOf = (provider: WebhookSource, eventId: string): string => `${provider}:${eventId}`;

/** Webhook events in memory. */
export function createMemoryWebhookEvents(tables: Tables): WebhookEventStore {
  return {
    async insert({ provider, eventId, dedupeKey, refs }, job) {
      const seen = [...tables.events.values()].some(
        (one) => one.provider === provider && one.dedupeKey === dedupeKey,
      );
      const key = keyOf(provider, eventId);
      if (seen || tables.events.has(key)) return;
      const receivedAt = tables.now();
      tables.events.set(key, { provider, eventId, dedupeKey, refs, receivedAt, outcome: null });
      tables.insertJobs([job]);
      tables.afterCommit();
    },
    async find(provider, eventId) {
      const event = tables.events.get(keyOf(provider, eventId));
      return event && { refs: event.refs, processed: event.outcome !== null };
    },
    async close(provider, eventId, outcome) {
      const event = tables.events.get(keyOf(provider, eventId));
      if (event) event.outcome = outcome;
    },
  };
}
