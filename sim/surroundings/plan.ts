import { createChance } from '../chance.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What goes on around our deployment in one world. Each part has a stream of chance of its own, so that a seed keeps its run. */
export interface SurroundingsPlan {
  /** Bodies that can't be read, or null when all can. */
  readonly unreadable: UnreadablePlan | null;
  /** When a vendor refuses our account, in ms after the start. */
  readonly refusals: readonly AccountRefusal[];
  /** What the issuers say, one decline after another, and then from the first again. */
  readonly declines: readonly [string, ...string[]];
  /** Another deployment on the same accounts. */
  readonly neighbour: NeighbourPlan | null;
  /** People who decide what waits for a person; null: it is left open. */
  readonly operators: OperatorsPlan | null;
}

export interface UnreadablePlan {
  readonly seed: number;
  /** How likely an object's body is to be spoilt when it is first shown. */
  readonly rate: number;
  /** The longest that it stays so, in ms. */
  readonly longestMs: number;
}

export interface AccountRefusal {
  readonly vendor: 'duffel' | 'stripe';
  readonly from: number;
  readonly until: number;
  /** 401: the key was rotated; 403: it lacks the permission for the calls that move money or seats. */
  readonly status: 401 | 403;
}

export interface OperatorsPlan {
  readonly seed: number;
  /** How often they look at what waits, in ms. */
  readonly everyMs: number;
  /** In pounds: above it a decision takes two. */
  readonly twoPeopleAbove: number;
  /** Fares give nothing back, and much goes wrong that only a person can end. */
  readonly badLuck: boolean;
}

export interface NeighbourPlan {
  readonly seed: number;
  /** When it does something, in ms after the start. */
  readonly actsAt: readonly number[];
  /** It runs on a copy of our tables, so that its objects bear our ids. */
  readonly copiedOurTables: boolean;
}

/** One decline of each class, by the vendor's words; the last is all that a calm day knows. */
const DECLINES = [
  'issuer_not_available',
  'insufficient_funds',
  'stolen_card',
  'lost_card',
  'fraudulent',
  'pickup_card',
  'generic_decline',
] as const;

export const CALM_SURROUNDINGS: SurroundingsPlan = {
  unreadable: null,
  refusals: [],
  declines: ['generic_decline'],
  neighbour: null,
  operators: null,
};

/**
 * The streams are such that the seeds recorded in test/saga/simulator.test.ts keep the quiet worlds they were recorded in.
 * @param expiresAt when the trips of the world are over, in ms after the start
 */
export function surroundingsOf(seed: number, expiresAt: number): SurroundingsPlan {
  const declines = createChance(seed ^ 0xdec1);
  return {
    unreadable: unreadableOf(seed),
    refusals: refusalsOf(seed, expiresAt),
    declines: [declines.pick(DECLINES), declines.pick(DECLINES), declines.pick(DECLINES)],
    neighbour: neighbourOf(seed, expiresAt),
    operators: operatorsOf(seed),
  };
}

function unreadableOf(seed: number): UnreadablePlan | null {
  const chance = createChance(seed ^ 0x0b0e);
  if (!chance.hits(0.25)) return null;
  return {
    seed: seed ^ 0xb0d1,
    rate: chance.pick([0.1, 0.3]),
    longestMs: chance.pick([MINUTE, 15 * MINUTE]),
  };
}

function refusalsOf(seed: number, expiresAt: number): readonly AccountRefusal[] {
  const chance = createChance(seed ^ 0x0401);
  if (!chance.hits(0.15)) return [];
  return Array.from({ length: chance.pick([1, 1, 2]) }, () => {
    const from = chance.hits(0.7) ? chance.between(0, 10_000) : chance.between(0, expiresAt);
    const lasts = chance.hits(0.9) ? chance.skewed(5_000, 10 * MINUTE) : chance.between(30 * MINUTE, HOUR);
    return {
      vendor: chance.pick(['duffel', 'stripe'] as const),
      from,
      until: from + lasts,
      status: chance.pick([401, 403] as const),
    };
  });
}

function operatorsOf(seed: number): OperatorsPlan | null {
  const chance = createChance(seed ^ 0xbea);
  if (!chance.hits(0.5)) return null;
  const everyMs = chance.pick([MINUTE, 10 * MINUTE]);
  const twoPeopleAbove = chance.pick([0, 1_000_000]);
  return { seed: seed ^ 0x0be7, everyMs, twoPeopleAbove, badLuck: chance.hits(0.2) };
}

function neighbourOf(seed: number, expiresAt: number): NeighbourPlan | null {
  const chance = createChance(seed ^ 0x2e17);
  if (!chance.hits(0.2)) return null;
  const actsAt = Array.from({ length: chance.between(1, 4) }, () =>
    chance.hits(0.6) ? chance.between(500, 20_000) : chance.between(0, expiresAt),
  );
  return { seed: seed ^ 0x61e2, actsAt, copiedOurTables: chance.hits(0.4) };
}
