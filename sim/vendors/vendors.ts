import { Orders } from '../../sandbox/duffel/orders.ts';
import { Prices } from '../../sandbox/duffel/prices.ts';
import { makeOffers } from '../../sandbox/duffel/search.ts';
import type { StoredOffer } from '../../sandbox/duffel/types.ts';
import { Payments } from '../../sandbox/stripe/payments.ts';
import { Webhooks } from '../../sandbox/webhooks.ts';
import { World } from '../../sandbox/world.ts';
import type { Money } from '../../src/domain/money.ts';
import type { VirtualTime } from '../virtual-time.ts';

/** The sandbox's airline and card network, in this process and on virtual time: the ledger that tells the truth. */
export interface Vendors {
  readonly world: World;
  readonly webhooks: Webhooks;
  readonly orders: Orders;
  readonly payments: Payments;
  readonly offers: Map<string, StoredOffer>;
  /** What the cheapest offer costs now. */
  fare(): Money;
  readonly refundable: boolean;
  /** How long the issuer keeps a hold. */
  readonly holdMs: number;
  /** Stripe's answers by idempotency key, until it forgets them. */
  readonly answers: Map<string, StoredAnswer>;
  /** How often something happened to money or seats. */
  effects: number;
}

export interface StoredAnswer {
  readonly fingerprint: string;
  readonly at: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface VendorSettings {
  readonly fare: () => Money;
  readonly refundable: boolean;
  readonly offerTtlMs: number;
  readonly holdMs: number;
  readonly webhooks: { readonly copies: number; readonly shuffleMs: number };
}

export function createVendors(time: VirtualTime, settings: VendorSettings): Vendors {
  const engine = { now: () => time.now, later: (ms: number, run: () => void) => time.after(ms, run) };
  const world = new World({ appUrl: 'http://parker', offerTtlMs: settings.offerTtlMs }, engine);
  const webhooks = new Webhooks(world);
  Object.assign(webhooks, settings.webhooks);
  return {
    world,
    webhooks,
    orders: new Orders(world, webhooks),
    payments: new Payments(world, webhooks),
    offers: new Map(),
    fare: settings.fare,
    refundable: settings.refundable,
    holdMs: settings.holdMs,
    answers: new Map(),
    effects: 0,
  };
}

/** The day every simulated trip departs, well after every run's end. */
export const DEPARTURE = '2026-09-14';
const SEARCH = {
  slices: [{ origin: 'LHR', destination: 'JFK', departure_date: DEPARTURE }],
  passengers: [{ type: 'adult' }],
  cabin: 'economy',
  maxConnections: 1,
};

/** The offers of the one route, made once by the sandbox; each search takes copies with ids and prices of its own. */
export const templates: readonly StoredOffer[] = await makeTemplates();

async function makeTemplates(): Promise<StoredOffer[]> {
  const world = new World();
  return makeOffers(world, new Prices(world), 'orq_template', SEARCH, undefined);
}
