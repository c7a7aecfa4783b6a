import { createHmac } from 'node:crypto';
import { random, type World } from './world.ts';

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
  /** How a delivery reaches the app. @returns the status it was answered with */
  carry: Carry = overHttp;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  send(vendor: Vendor, type: string, event: object): void {
    const body = JSON.stringify(event);
    for (let copy = 0; copy < this.copies; copy += 1) {
      const delivery: Delivery = { at: this.#world.nowIso(), vendor, type, body, status: null };
      this.deliveries.push(delivery);
      this.#world.later(random() * this.shuffleMs, () => this.#deliver(delivery, [...RETRY_DELAYS_MS]));
    }
  }

  /** The signature header a vendor puts on this body: `t=<unix seconds>,v1=<hex HMAC-SHA256>` for both of ours. */
  sign(
    vendor: Vendor,
    body: string,
    unixSeconds = Math.floor(this.#world.wallTime() / 1000),
  ): Record<string, string> {
    const { duffelWebhookSecret, stripeWebhookSecret } = this.#world.settings;
    const secret = vendor === 'duffel' ? duffelWebhookSecret : stripeWebhookSecret;
    const v1 = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
    const header = vendor === 'duffel' ? 'x-duffel-signature' : 'stripe-signature';
    return { [header]: `t=${unixSeconds},v1=${v1}`, 'content-type': 'application/json' };
  }

  #deliver(delivery: Delivery, retries: number[]): void {
    const { appUrl } = this.#world.settings;
    if (!appUrl) return;
    const { vendor, body } = delivery;
    const again = () => {
      const delay = retries.shift();
      if (delay !== undefined) this.#world.later(delay, () => this.#deliver(delivery, retries));
    };
    this.carry(`${appUrl}/api/webhooks/${vendor}`, this.sign(vendor, body), body).then(
      (status) => {
        delivery.status = status;
        if (status >= 300) again();
      },
      () => {
        delivery.status = null;
        again();
      },
    );
  }
}

type Carry = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

const overHttp: Carry = async (url, headers, body) => {
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
  return response.status;
};
