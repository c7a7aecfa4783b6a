import { airlineCourses, followsOrders, ticketsLateOf } from './after-ticket/airline-course.ts';
import { type AfterTicket, afterTickets, PLAIN } from './after-ticket/course.ts';
import { type Breadth, breadthOf, plain } from './breadth.ts';
import { type Chance, createChance } from './chance.ts';
import { type BankCourse, bankCourses, PROMPT } from './confirmation/course.ts';
import {
  type FareMarket,
  type FareWishes,
  marketOf,
  NO_WISHES,
  PLAIN_MARKET,
  wishesOf,
} from './fare-market.ts';
import { CALM_SURROUNDINGS, type SurroundingsPlan, surroundingsOf } from './surroundings/plan.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of offers that live less long the bank's question ends the trip: nothing to see but that, and a struck card shows it too. */
const CONFIRMABLE_TTL_MS = 30 * MINUTE;

/** One world to run in: all of it follows from the seed. Times are milliseconds after the start. */
export interface Scenario {
  readonly seed: number;
  /** How often a call goes wrong by itself, when no strikes are given. */
  readonly faultRate: number;
  /** What the cheapest offer costs from then on, in pence; elsewhere than in Britain in as much of its currency. */
  readonly fares: readonly { readonly at: number; readonly minor: number }[];
  readonly refundable: boolean;
  /** What the airline keeps of a refundable fare that is cancelled, in pence. */
  readonly cancelFeeMinor: number;
  readonly offerTtlMs: number;
  /** How much later than by its id an order is to be seen in the lists. */
  readonly listLagMs: number;
  /** Every fare is shown, and none is sold. */
  readonly phantom: boolean;
  readonly trips: readonly ScenarioTrip[];
  /** Each worker's clock against the database's. */
  readonly skewsMs: readonly number[];
  readonly webhooks: { readonly copies: number; readonly shuffleMs: number };
  /** Whether somebody without the secret sends webhooks too. */
  readonly forger: boolean;
  /** Flags thrown, and thrown back; `outage` is the flag service itself, `silence` its stream after a network partition. */
  readonly flips: readonly { readonly at: number; readonly flag: FlippedFlag; readonly on: boolean }[];
  readonly redisLostAt: readonly number[];
  /** Stripe forgets its idempotency keys at that moment. */
  readonly keysPrunedAt: readonly number[];
  /** Chance that a job is delivered to two workers. */
  readonly overlap: number;
  /** How long the issuer keeps a hold. */
  readonly authorizationLifeMs: number;
  /** The slowest the airline answers. */
  readonly orderMs: number;
  readonly fuse: {
    readonly spendPerHour: number;
    readonly bookingsPerMinute: number;
    readonly unknownsPerHour: number;
    readonly userSpendPerHour: number | null;
    readonly userBookingsPerHour: number | null;
  };
  /** Whether booked orders are followed. */
  readonly follows: boolean;
  /** How long after its order a ticket is issued. */
  readonly ticketsLateMs: number;
  readonly surroundings: SurroundingsPlan;
  readonly market: FareMarket;
}

export type FlippedFlag = 'auto_booking_disable_all' | 'auto_booking_pipeline_enabled' | 'outage' | 'silence';

export interface ScenarioTrip extends Breadth, FareWishes {
  readonly postedAt: number;
  readonly capMinor: number;
  readonly expiresAt: number;
  readonly cancelAt: number | null;
  /** When the traveller, if an order is waited for by then, waits no longer. */
  readonly releaseAt: number | null;
  /** When the traveller cancels the booking, if there is one by then or later. */
  readonly cancelBookingAt: number | null;
  readonly after: AfterTicket;
  readonly bank: BankCourse;
}

/** A calm day: one trip, three workers, nothing goes wrong by itself. Schedules of chosen faults strike here. */
export const calm = (seed: number): Scenario => ({
  seed,
  faultRate: 0,
  fares: [{ at: 0, minor: 39_900 }],
  refundable: true,
  offerTtlMs: 30 * MINUTE,
  trips: [
    {
      ...plain(0),
      ...NO_WISHES,
      postedAt: 0,
      capMinor: 42_000,
      expiresAt: 45 * MINUTE,
      cancelAt: null,
      releaseAt: null,
      cancelBookingAt: null,
      after: PLAIN,
      bank: PROMPT,
    },
  ],
  cancelFeeMinor: 0,
  listLagMs: 0,
  phantom: false,
  skewsMs: [0, 0, 0],
  webhooks: { copies: 1, shuffleMs: 200 },
  forger: false,
  flips: [],
  redisLostAt: [],
  keysPrunedAt: [],
  overlap: 0,
  orderMs: 2_000,
  authorizationLifeMs: 114 * HOUR,
  fuse: {
    spendPerHour: 100_000,
    bookingsPerMinute: 1_000,
    unknownsPerHour: 1_000,
    userSpendPerHour: 50_000,
    userBookingsPerHour: 1_000,
  },
  follows: false,
  ticketsLateMs: 0,
  surroundings: CALM_SURROUNDINGS,
  market: PLAIN_MARKET,
});

/** A day on which anything may happen. */
export function scenarioOf(seed: number): Scenario {
  const chance = createChance(seed);
  const some = <T>(probability: number, make: () => T): T[] => (chance.hits(probability) ? [make()] : []);
  // What comes after the ticket is drawn apart, so that older seeds buy as they did.
  const after = createChance(seed ^ 0xaf7e);
  const bound = createChance(seed ^ 0xf05e);
  const unknown = createChance(seed ^ 0x1057);
  const phantom = unknown.hits(0.01);
  // Long enough for a card to be tried too often.
  const expiresAt = chance.pick([3, 4, 5, 12]) * (phantom ? 30 : 1) * MINUTE;
  const surroundings = surroundingsOf(seed, expiresAt);
  const fares = [{ at: 0, minor: chance.between(35_000, 43_000) }];
  for (let moves = chance.between(0, 4); moves > 0; moves -= 1)
    fares.push({ at: chance.between(0, expiresAt), minor: chance.between(34_000, 46_000) });
  fares.sort((a, b) => a.at - b.at);
  const world: Scenario = {
    ...calm(seed),
    faultRate: chance.pick([0, 0.01, 0.03, 0.08]),
    fares,
    refundable: chance.hits(0.8) && !surroundings.operators?.badLuck,
    offerTtlMs: chance.pick([30 * MINUTE, 5 * MINUTE, 90_000]),
    trips: Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, (_, index) => ({
      ...plain(index),
      ...NO_WISHES,
      postedAt: chance.between(0, 5_000),
      capMinor: chance.between(39_000, 44_000),
      expiresAt,
      cancelAt:
        some(0.2, () => (chance.hits(0.7) ? chance.between(0, 20_000) : chance.between(0, expiresAt)))[0] ??
        null,
      releaseAt: unknown.hits(0.5) ? unknown.between(MINUTE, 30 * HOUR) : null,
      cancelBookingAt: after.hits(0.25) ? after.between(10_000, 2 * expiresAt) : null,
      after: PLAIN,
      bank: PROMPT,
    })),
    phantom,
    cancelFeeMinor: after.hits(0.85) ? 0 : after.pick([1, 5_000, 30_000]),
    skewsMs: [0, 1, 2].map(() => (chance.hits(0.4) ? chance.between(-5 * MINUTE, 5 * MINUTE) : 0)),
    webhooks: { copies: chance.pick([0, 1, 1, 2, 3]), shuffleMs: chance.pick([50, 5_000, 5 * MINUTE]) },
    forger: chance.hits(0.2),
    flips: [
      ...some(0.15, () => flip('auto_booking_disable_all', true)),
      ...some(0.07, () => flip('auto_booking_pipeline_enabled', false)),
      ...some(0.07, () => flip('outage', true)),
      ...silentThrow(createChance(seed ^ 0x51e7)),
    ].flat(),
    redisLostAt: some(0.1, () => chance.between(0, MINUTE)),
    keysPrunedAt: some(0.15, () => chance.between(0, MINUTE)),
    overlap: chance.pick([0, 0, 0.1]),
    orderMs: chance.pick([2_000, 2_000, 20_000, 125_000]),
    authorizationLifeMs: authorizationLifeOf(createChance(seed ^ 0x401d)),
    fuse: {
      spendPerHour: chance.hits(0.05) ? 500 : 100_000,
      bookingsPerMinute: 1_000,
      unknownsPerHour: chance.hits(0.05) ? 0 : 1_000,
      // One booking at a time, or so many an hour.
      userSpendPerHour: bound.hits(0.05) ? 500 : 50_000,
      userBookingsPerHour: bound.hits(0.05) ? bound.pick([1, 2]) : 1_000,
    },
    surroundings,
  };
  // Drawn apart, and so that the seeds recorded in test/saga/simulator.test.ts keep the plain worlds they were recorded in.
  const breadths = breadthOf(createChance(seed ^ 0xb01f), world.trips.length, expiresAt);
  // Without a webhook an order that the lists don't show can not be known.
  const lags = world.webhooks.copies > 0 ? [0, 0, 0, MINUTE, 90 * HOUR] : [0, 0, MINUTE];
  const listLagMs = unknown.pick(lags as [number, ...number[]]);
  const courses = afterTickets(createChance(seed ^ 0x2ef0d), world.trips.length);
  const banks = bankCourses(createChance(seed ^ 0x3d5), world.trips.length);
  const ownAccord = createChance(seed ^ 0xa1c);
  const follows = followsOrders(seed);
  const airlines = follows ? airlineCourses(ownAccord, world.trips.length) : [];
  const selling = createChance(seed ^ 0x3d87);
  const market = marketOf(selling);
  const trips = world.trips.map((trip, index) => ({
    ...trip,
    ...breadths[index],
    ...wishesOf(selling, market),
    ...(market.brands && breadths[index]?.byHandAt.length && selling.hits(0.5) && { autoBook: false }),
    bank: { ...(banks[index] ?? PROMPT), ...(world.offerTtlMs < CONFIRMABLE_TTL_MS && { asksFor: 0 }) },
    after: { ...(courses[index] ?? PLAIN), airline: airlines[index] ?? null },
    cancelBookingAt: trip.cancelBookingAt ?? courses[index]?.cancelsAtMs ?? null,
  }));
  // News of an order that can't be read is asked about again and again: more of it brings nothing new.
  const ticketsLateMs = !follows || surroundings.unreadable ? 0 : ticketsLateOf(ownAccord);
  return { ...world, listLagMs, market, trips, follows, ticketsLateMs };

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
const authorizationLifeOf = (chance: Chance): number =>
  chance.hits(0.9) ? 114 * HOUR : chance.pick([24 * HOUR + 5_000, 24 * HOUR + 10 * MINUTE, 2 * MINUTE]);

/** The stream falls silent, and a kill switch is thrown that it does not bring. */
function silentThrow(chance: Chance): readonly Scenario['flips'][] {
  if (!chance.hits(0.05)) return [];
  const silentAt = chance.between(0, 4_000);
  const thrownAt = silentAt + chance.between(0, 4_000);
  return [
    [
      { at: silentAt, flag: 'silence', on: true },
      { at: thrownAt, flag: 'auto_booking_disable_all', on: true },
      { at: thrownAt + chance.between(10_000, 5 * MINUTE), flag: 'auto_booking_disable_all', on: false },
    ],
  ];
}
