import type { Criteria } from '../src/domain/selection.ts';
import type { Chance } from './chance.ts';

/** What an airline may change of a fare between the search and the reading of its offer. */
export type ReadChange = 'brand' | 'bags' | 'conditions' | 'stop' | 'slower';

/** How fares are sold in a world. */
export interface FareMarket {
  /** Whether the same flights are sold as several fares. */
  readonly brands: boolean;
  /** Of which reads of an offer bring another fare than the search did. */
  readonly changeRate: number;
  readonly changes: readonly [ReadChange, ...ReadChange[]];
}

/** One fare for each flight, and it stays as it was shown. */
export const PLAIN_MARKET: FareMarket = { brands: false, changeRate: 0, changes: ['brand'] };

/** What a traveller wishes, and which of the offers they book by hand. */
export interface FareWishes {
  readonly criteria: Criteria;
  /** The place, among the offers by price, of the first that is booked by hand. */
  readonly handPick: number;
}

export const NO_WISHES: FareWishes = { criteria: {}, handPick: 0 };

const CHANGES: readonly [ReadChange, ...ReadChange[]] = ['brand', 'bags', 'conditions', 'stop', 'slower'];

/** @param chance apart from the scenario's own, so that a seed's other chances stay */
export function marketOf(chance: Chance): FareMarket {
  if (!chance.hits(0.4)) return PLAIN_MARKET;
  return { brands: true, changeRate: chance.pick([0, 0, 0.2, 0.6]), changes: CHANGES };
}

/** The longest that a non-stop flight of a simulated route takes, in minutes, and less than its one-stop does. */
const NON_STOP_MINUTES = 520;

/** The wishes of one trip in a market of several fares. */
export function wishesOf(chance: Chance, { brands }: FareMarket): FareWishes {
  if (!brands) return NO_WISHES;
  const criteria = chance.pick<Criteria>([
    {},
    {},
    { maxStops: 0 },
    { maxDurationMinutes: NON_STOP_MINUTES },
    { bags: 1 },
  ]);
  return { criteria, handPick: chance.between(0, 3) };
}
