import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './world.ts';

export type Vendor = 'duffel' | 'stripe';

export interface Delivery {
  at: string;
  vendor: Vendor;
  type: string;
  body: string;
  status: number | null;
}

/** Vendors retry for days; a stand-in that gives up after these keeps its process short-lived. */
const RETRY_DELAYS_MS = [200, 1_000, 5_000, 15_000];

/** Signs and delivers events as the vendors do: at least once, in no particular order, again after a failure. */
export class Webhooks {
  readonly deliveries: Delivery[] = [];
  /** How often each event is delivered; 0 keeps them back. */
  copies = 1;
  /** Random delay before each delivery, up to this many milliseconds: shuffles their order. */
  shuffleMs = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  send(vendor: Vendor, type: string, event: object): void {
    const body = JSON.stringify(event);
    for (let copy = 0; copy < this.copies; copy += 1) {
      const delivery: Delivery = { at: this.#world.nowIso(), vendor, type, body, status: null };
      this.deliveries.push(delivery);
      this.#world.later(Math.random() * this.shuffleMs, () => void this.#deliver(delivery));
    }
  }

  /** The signature header a vendor puts on this body: `t=<unix seconds>,v1=<hex HMAC-SHA256>` for both of ours. */
  sign(vendor: Vendor, body: string, unixSeconds = Math.floor(Date.now() / 1000)): Record<string, string> {
    const { duffelWebhookSecret, stripeWebhookSecret } = this.#world.settings;
    const secret = vendor === 'duffel' ? duffelWebhookSecret : stripeWebhookSecret;
    const v1 = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
    const header = vendor === 'duffel' ? 'x-duffel-signature' : 'stripe-signature';
    return { [header]: `t=${unixSeconds},v1=${v1}`, 'content-type': 'application/json' };
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { appUrl } = this.#world.settings;
    if (!appUrl) return;
    for (const delay of [0, ...RETRY_DELAYS_MS]) {
      if (delay) await sleep(delay, undefined, { ref: false });
      try {
        const response = await fetch(`${appUrl}/api/webhooks/${delivery.vendor}`, {
          method: 'POST',
          headers: this.sign(delivery.vendor, delivery.body),
          body: delivery.body,
          signal: AbortSignal.timeout(10_000),
        });
        delivery.status = response.status;
        if (response.ok) return;
      } catch {
        delivery.status = null;
      }
    }
  }
}
