import type { Request } from 'express';
import type { Effect, Reply } from '../operation.ts';
import { problem } from './errors.ts';

interface Stored {
  fingerprint: string;
  reply: Reply | null;
  readonly at: number;
}

/** Stripe may prune keys after 24 hours; then the same key is a new call. */
const KEPT_MS = 24 * 3_600_000;

/**
 * Stripe's idempotency: the first status and body are kept once execution begins, 500s included; the same key with
 * other parameters is an error; a second request while the first runs is a conflict. Validation failures are not kept, and
 * nothing is kept for longer than a day.
 */
export class Idempotency {
  readonly #stored = new Map<string, Stored>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  guard(effect: Effect): Effect {
    return async (req) => {
      const key = req.get('idempotency-key');
      if (!key || req.method !== 'POST') return effect(req);
      const fingerprint = fingerprintOf(req);
      const known = this.#known(key);
      if (known && known.fingerprint !== fingerprint)
        return problem(400, {
          type: 'idempotency_error',
          message: `Keys for idempotent requests can only be used with the same parameters (${key}).`,
        });
      if (known && !known.reply)
        return problem(409, {
          type: 'invalid_request_error',
          code: 'idempotency_key_in_use',
          message: 'There is currently another in-progress request using this key.',
        });
      if (known?.reply) return { ...known.reply, headers: { 'idempotent-replayed': 'true' } };
      const stored: Stored = { fingerprint, reply: null, at: this.#now() };
      this.#stored.set(key, stored);
      try {
        const reply = await effect(req);
        this.#settle(key, stored, reply);
        return reply;
      } catch (error) {
        const reply = (error as { reply?: Reply }).reply;
        if (reply) this.#settle(key, stored, reply);
        else this.#stored.delete(key);
        throw error;
      }
    };
  }

  /** An injected answer of 500 or more counts as executed and is kept, as Stripe keeps its own. */
  keepInjected(req: Request, reply: Reply): void {
    const key = req.get('idempotency-key');
    if (key && reply.status >= 500 && !this.#known(key))
      this.#stored.set(key, { fingerprint: fingerprintOf(req), reply, at: this.#now() });
  }

  #known(key: string): Stored | undefined {
    const stored = this.#stored.get(key);
    return stored && this.#now() - stored.at < KEPT_MS ? stored : undefined;
  }

  #settle(key: string, stored: Stored, reply: Reply): void {
    if (reply.status === 400 || reply.status === 404) this.#stored.delete(key);
    else stored.reply = structuredClone(reply);
  }
}

const fingerprintOf = (req: Request): string => `${req.method} ${req.path} ${JSON.stringify(req.body ?? {})}`;
