import { handleWebhookEvent } from '../services/webhooks/handle-event.ts';
import type { WebhookPorts } from '../services/webhooks/ports.ts';
import { done, type Handler } from './handler.ts';

export const webhook =
  (ports: WebhookPorts): Handler<'webhook'> =>
  async ({ provider, eventId }) =>
    done(await handleWebhookEvent(ports, provider, eventId));
