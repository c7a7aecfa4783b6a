import type { WebhookEventStore } from '../../ports/storage/webhook-events.ts';
import type { WebhookHeaders, WebhookReceiver } from '../../ports/webhooks.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';

export interface ReceiveDeps {
  readonly events: Pick<WebhookEventStore, 'insert'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/**
 * Stores a verified webhook once, with the job that handles it. The same event again, or the same news under another id,
 * is not stored a second time.
 * @param rawBody the bytes as they arrived: the signature covers them
 * @returns why it was refused, or `stored`
 */
export async function receiveWebhook(
  { events, afterCommit }: ReceiveDeps,
  receiver: WebhookReceiver,
  rawBody: Buffer,
  headers: WebhookHeaders,
): Promise<'stored' | 'forged' | 'not_an_event'> {
  const event = receiver.read(rawBody, headers);
  if (event === 'forged' || event === 'not_an_event') return event;
  const { provider, eventId } = event;
  await events.insert(event, toOutboxJob('webhook', { provider, eventId }));
  afterCommit();
  return 'stored';
}
