import type { OutboxJob } from '../outbox.ts';
import type { WebhookEvent, WebhookSource } from '../webhooks.ts';

/** Webhook events in storage. */
export interface WebhookEventStore {
  /**
   * Stores an event whose id and key are both new, with the job that handles it, in one transaction. Otherwise it stores
   * nothing.
   */
  insert(event: WebhookEvent, job: OutboxJob): Promise<void>;
  /** @returns the ids as they were stored, possibly by an older version: parse them */
  find(
    provider: WebhookSource,
    eventId: string,
  ): Promise<{ readonly refs: unknown; readonly processed: boolean } | undefined>;
  /** Marks an event as processed. @param outcome what came of it, for people who look at the row */
  close(provider: WebhookSource, eventId: string, outcome: string): Promise<void>;
}
