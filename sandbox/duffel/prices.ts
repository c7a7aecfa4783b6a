import { createHash } from 'node:crypto';
import type { World } from '../world.ts';

export interface PinnedPrice {
  amount: string;
  currency: string;
  /** Whether the fare can be refunded in full before departure. */
  refundable: boolean;
  pinnedAt: number;
}

/** A number in [0, 1) that depends on nothing but the words given. */
export function chance(...words: (string | number)[]): number {
  return createHash('sha256').update(words.join('|')).digest().readUInt32BE(0) / 2 ** 32;
}

const SALE_EVERY_STEPS = 6;
const SALE_FACTOR = 0.62;

/** Fares by route: pinned through the control API, else a seeded walk with a sale every few steps. */
export class Prices {
  readonly #world: World;
  readonly #pinned = new Map<string, PinnedPrice>();

  constructor(world: World) {
    this.#world = world;
  }

  pin(origin: string, destination: string, price: Omit<PinnedPrice, 'pinnedAt'>): void {
    this.#pinned.set(`${origin}-${destination}`, { ...price, pinnedAt: this.#world.now() });
  }

  pinned(origin: string, destination: string): PinnedPrice | undefined {
    return this.#pinned.get(`${origin}-${destination}`);
  }

  /** What the cheapest offer on the route costs now, for all passengers together. */
  cheapest(origin: string, destination: string, date: string, passengers: number): PinnedPrice {
    const pinned = this.pinned(origin, destination);
    if (pinned) return pinned;
    const { seed, priceStepMs } = this.#world.settings;
    const step = Math.floor((this.#world.now() - this.#world.startedAt) / priceStepMs);
    const base = 90 + 700 * chance(seed, origin, destination);
    const wander = 1 + 0.16 * (chance(seed, origin, destination, date, step) - 0.5);
    const offset = Math.floor(chance(seed, 'sale', origin, destination) * SALE_EVERY_STEPS);
    const sale = (step + offset) % SALE_EVERY_STEPS === SALE_EVERY_STEPS - 1 ? SALE_FACTOR : 1;
    const amount = (base * wander * sale * passengers).toFixed(2);
    return { amount, currency: 'GBP', refundable: true, pinnedAt: 0 };
  }
}
