import { type Chance, createChance } from './chance.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One world to run in: all of it follows from the seed. Times are milliseconds after the start. */
export interface Scenario {
  readonly seed: number;
  /** How often a call goes wrong by itself, when no strikes are given. */
  readonly faultRate: number;
  /** What the cheapest offer costs from then on, in pence. */
  readonly fares: readonly { readonly at: number; readonly minor: number }[];
  readonly refundable: boolean;
  readonly offerTtlMs: number;
  readonly trips: readonly ScenarioTrip[];
  /** Each worker's clock against the database's. */
  readonly skewsMs: readonly number[];
  readonly webhooks: { readonly copies: number; readonly shuffleMs: number };
  /** Whether somebody without the secret sends webhooks too. */
  readonly forger: boolean;
  /** Flags thrown, and thrown back; `outage` is the flag service itself. */
  readonly flips: readonly { readonly at: number; readonly flag: FlippedFlag; readonly on: boolean }[];
  readonly redisLostAt: readonly number[];
  /** Stripe forgets its idempotency keys at that moment. */
  readonly keysPrunedAt: readonly number[];
  /** Chance that a job is delivered to two workers. */
  readonly overlap: number;
  /** How long the issuer keeps a hold. */
  readonly holdMs: number;
  /** The slowest the airline answers. */
  readonly orderMs: number;
  readonly fuse: {
    readonly spendPerHour: number;
    readonly bookingsPerMinute: number;
    readonly unknownsPerHour: number;
  };
}

export type FlippedFlag = 'auto_booking_disable_all' | 'auto_booking_pipeline_enabled' | 'outage';

export interface ScenarioTrip {
  readonly postedAt: number;
  readonly capMinor: number;
  readonly expiresAt: number;
  readonly cancelAt: number | null;
}

/** A calm day: one trip, three workers, nothing goes wrong by itself. Schedules of chosen faults strike here. */
export const calm = (seed: number): Scenario => ({
  seed,
  faultRate: 0,
  fares: [{ at: 0, minor: 39_900 }],
  refundable: true,
  offerTtlMs: 30 * MINUTE,
  trips: [{ postedAt: 0, capMinor: 42_000, expiresAt: 45 * MINUTE, cancelAt: null }],
  skewsMs: [0, 0, 0],
  webhooks: { copies: 1, shuffleMs: 200 },
  forger: false,
  flips: [],
  redisLostAt: [],
  keysPrunedAt: [],
  overlap: 0,
  orderMs: 2_000,
  holdMs: 114 * HOUR,
  fuse: { spendPerHour: 100_000, bookingsPerMinute: 1_000, unknownsPerHour: 1_000 },
});

/** A day on which anything may happen. */
export function scenarioOf(seed: number): Scenario {
  const chance = createChance(seed);
  const some = <T>(probability: number, make: () => T): T[] => (chance.hits(probability) ? [make()] : []);
  const expiresAt = chance.pick([3, 4, 5, 12]) * MINUTE;
  const fares = [{ at: 0, minor: chance.between(35_000, 43_000) }];
  for (let moves = chance.between(0, 4); moves > 0; moves -= 1)
    fares.push({ at: chance.between(0, expiresAt), minor: chance.between(34_000, 46_000) });
  fares.sort((a, b) => a.at - b.at);
  return {
    ...calm(seed),
    faultRate: chance.pick([0, 0.01, 0.03, 0.08]),
    fares,
    refundable: chance.hits(0.8),
    offerTtlMs: chance.pick([30 * MINUTE, 5 * MINUTE, 90_000]),
    trips: Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, () => ({
      postedAt: chance.between(0, 5_000),
      capMinor: chance.between(39_000, 44_000),
      expiresAt,
      cancelAt:
        some(0.2, () => (chance.hits(0.7) ? chance.between(0, 20_000) : chance.between(0, expiresAt)))[0] ??
        null,
    })),
    skewsMs: [0, 1, 2].map(() => (chance.hits(0.4) ? chance.between(-5 * MINUTE, 5 * MINUTE) : 0)),
    webhooks: { copies: chance.pick([0, 1, 1, 2, 3]), shuffleMs: chance.pick([50, 5_000, 5 * MINUTE]) },
    forger: chance.hits(0.2),
    flips: [
      ...some(0.15, () => flip('auto_booking_disable_all', true)),
      ...some(0.07, () => flip('auto_booking_pipeline_enabled', false)),
      ...some(0.07, () => flip('outage', true)),
    ].flat(),
    redisLostAt: some(0.1, () => chance.between(0, MINUTE)),
    keysPrunedAt: some(0.15, () => chance.between(0, MINUTE)),
    overlap: chance.pick([0, 0, 0.1]),
    orderMs: chance.pick([2_000, 2_000, 20_000, 125_000]),
    holdMs: holdOf(createChance(seed ^ 0x401d)),
    fuse: {
      spendPerHour: chance.hits(0.05) ? 500 : 100_000,
      bookingsPerMinute: 1_000,
      unknownsPerHour: chance.hits(0.05) ? 0 : 1_000,
    },
  };

  /** Thrown while the booking is likely to be under way; without the gate trips don't even expire, so it opens again. */
  function flip(flag: FlippedFlag, on: boolean) {
    const at = chance.hits(0.6) ? chance.between(0, 8_000) : chance.between(0, expiresAt);
    return [
      { at, flag, on },
      ...some(flag === 'auto_booking_disable_all' ? 0.7 : 1, () => ({
        at: at + chance.between(5_000, 10 * MINUTE),
        flag,
        on: !on,
      })),
    ];
  }
}

/** Visa's, mostly; now and then one that leaves minutes before it must be used, or is gone before the ticket is there. */
const holdOf = (chance: Chance): number =>
  chance.hits(0.9) ? 114 * HOUR : chance.pick([24 * HOUR + 5_000, 24 * HOUR + 10 * MINUTE, 2 * MINUTE]);
