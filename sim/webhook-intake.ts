import { createDuffelWebhooks } from '../src/providers/duffel/webhook.ts';
import { createStripeWebhooks } from '../src/providers/stripe/webhook.ts';
import { receiveWebhook } from '../src/services/webhooks/receive.ts';
import { demand } from './breach.ts';
import type { Tables } from './memory/tables.ts';
import { createMemoryWebhookEvents } from './memory/webhook-events.ts';
import type { Vendors } from './vendors/vendors.ts';
import type { VirtualTime } from './virtual-time.ts';

type Intake = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

/**
 * `POST /api/webhooks/<source>` as the product answers it.
 * @param guard runs a check, and reports the breach that it throws
 * @returns a function that takes one delivery and gives the status of the answer
 */
export function createWebhookIntake(
  { time, tables, vendors }: { time: VirtualTime; tables: Tables; vendors: Vendors },
  guard: (check: () => void) => void,
): Intake {
  const { duffelWebhookSecret, stripeWebhookSecret } = vendors.world.settings;
  const now = () => time.now;
  const receivers = [
    createStripeWebhooks(stripeWebhookSecret, now),
    createDuffelWebhooks(duffelWebhookSecret, now),
  ];
  const deps = { events: createMemoryWebhookEvents(tables), afterCommit: () => undefined };

  return async (url, headers, body) => {
    const receiver = receivers.find(({ source }) => url.endsWith(`/${source}`));
    if (!receiver) return 404;
    const result = await receiveWebhook(deps, receiver, Buffer.from(body), headers);
    if (result === 'forged') return 400;
    guard(() => {
      const sent = vendors.webhooks.deliveries.some((delivery) => delivery.body === body);
      demand(sent, 'S1', () => 'an event was taken that no vendor sent');
    });
    return result === 'stored' ? 200 : 400;
  };
}
