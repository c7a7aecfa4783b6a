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
  /** How long after it was made an order, intent or refund is missing from the lists. Duffel speaks of hours. */
  listLagMs: number;
  /** How long after it was made an order reads as not found by its id. */
  readLagMs: number;
  /** How long after its order a ticket is issued, the last passenger's first; each later one takes as long again. */
  ticketsLateMs: number;
  /** How long after it was taken a test card's refund moves on by itself; days at Stripe. */
  refundMovesMs: number;
  /** Requests in a window before Duffel answers 429. */
  duffelRateLimit: number;
  /** A minute at Duffel. */
  duffelWindowMs: number;
  /** Requests a second before Resend answers 429. */
  resendRateLimit: number;
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
  listLagMs: 0,
  readLagMs: 0,
  ticketsLateMs: 0,
  refundMovesMs: 3_000,
  duffelRateLimit: 60,
  duffelWindowMs: 60_000,
  resendRateLimit: 2,
  seed: 7,
  priceStepMs: 5_000,
};

/** Where the stand-ins take their time from. */
export interface Engine {
  now(): number;
  /** @returns what calls it off */
  later(ms: number, run: () => void): () => void;
}

const realTime: Engine = {
  now: () => Date.now(),
  later(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

let chance: () => number = Math.random;

/** Takes all chance of this process from one source, so that a run can be repeated. */
export function drawFrom(source: () => number): void {
  chance = source;
}

export const random = (): number => chance();

/** What every stand-in shares: settings, a clock that can be moved, the list of calls, and timers that die with it. */
export class World {
  readonly settings: SandboxSettings;
  readonly calls: Call[] = [];
  readonly startedAt: number;
  readonly #engine: Engine;
  #skewMs = 0;
  #timers = new Set<() => void>();

  constructor(settings: Partial<SandboxSettings> = {}, engine: Engine = realTime) {
    this.settings = { ...defaults, ...settings };
    this.#engine = engine;
    this.startedAt = engine.now();
  }

  now(): number {
    return this.#engine.now() + this.#skewMs;
  }

  /** The time on everybody else's clock, which `advance` does not move. */
  wallTime(): number {
    return this.#engine.now();
  }

  nowIso(): string {
    return new Date(this.now()).toISOString();
  }

  /** Moves the stand-ins' clock, so that a test need not wait days for a hold to lapse. */
  advance(ms: number): void {
    this.#skewMs += ms;
  }

  later(ms: number, run: () => void): void {
    const callOff = this.#engine.later(ms, () => {
      this.#timers.delete(callOff);
      run();
    });
    this.#timers.add(callOff);
  }

  /** Whether something is still to come about by itself: a late order, a webhook. */
  get pending(): boolean {
    return this.#timers.size > 0;
  }

  stop(): void {
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
  }
}

/** An id such as `ord_k3v9…`: a vendor's prefix and 22 letters and digits. */
export const newId = (prefix: string): string => `${prefix}_${letters()}${letters()}`;
const letters = (): string => random().toString(36).slice(2, 13).padEnd(11, '0');
