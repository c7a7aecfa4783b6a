import { randomBytes } from 'node:crypto';

/** One call that reached a stand-in, whether or not its answer got back. */
export interface Call {
  at: string;
  target: string;
  method: string;
  path: string;
  status: number | null;
  fault?: string;
  idempotencyKey?: string;
}

export interface SandboxSettings {
  /** Where the app listens; webhooks go to `<appUrl>/api/webhooks/...`. Null: none are sent. */
  appUrl: string | null;
  duffelWebhookSecret: string;
  stripeWebhookSecret: string;
  /** How long an offer can be booked. Duffel's live about 30 minutes. */
  offerTtlMs: number;
  /** How long after a 200 or 202 the order shows up, or fails to. About 30 s at Duffel. */
  lateOrderMs: number;
  /** Requests a minute before Duffel answers 429. */
  duffelRateLimit: number;
  /** Seed of the price walk: same seed, same prices. */
  seed: number;
  /** How often the walk takes a step. */
  priceStepMs: number;
}

export const defaults: SandboxSettings = {
  appUrl: null,
  duffelWebhookSecret: 'sandbox-duffel-webhook',
  stripeWebhookSecret: 'sandbox-stripe-webhook',
  offerTtlMs: 30 * 60_000,
  lateOrderMs: 30_000,
  duffelRateLimit: 60,
  seed: 7,
  priceStepMs: 5_000,
};

/** What every stand-in shares: settings, a clock that can be moved, the list of calls, and timers that die with it. */
export class World {
  readonly settings: SandboxSettings;
  readonly calls: Call[] = [];
  readonly startedAt = Date.now();
  #skewMs = 0;
  #timers = new Set<NodeJS.Timeout>();

  constructor(settings: Partial<SandboxSettings> = {}) {
    this.settings = { ...defaults, ...settings };
  }

  now(): number {
    return Date.now() + this.#skewMs;
  }

  nowIso(): string {
    return new Date(this.now()).toISOString();
  }

  /** Moves the stand-ins' clock, so that a test need not wait days for a hold to lapse. */
  advance(ms: number): void {
    this.#skewMs += ms;
  }

  later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

export const newId = (prefix: string): string =>
  `${prefix}_${randomBytes(11).toString('base64url').replace(/[-_]/g, 'x')}`;
