import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The one source of chance of a run: same seed, same run. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  hits(probability: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** Mostly near `low`, sometimes near `high`: as latencies are. */
  skewed(low: number, high: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** An id in the shape of a random UUID. */
  uuid(): string;
}

/** Seeds that lie close to each other begin alike; after so many draws they no longer do. */
const WARM_UP = 16;

export function createChance(seed: number): Chance {
  const generator = xoroshiro128plus(seed);
  const next = () => uniformFloat64(generator);
  for (let drawn = 0; drawn < WARM_UP; drawn += 1) next();
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return {
    next,
    hits: (probability) => next() < probability,
    between,
    skewed: (low, high) => Math.round(low * (high / low) ** (next() ** 2)),
    pick: (from) => from[between(0, from.length - 1)] as (typeof from)[0],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
