import type { Chance } from '../chance.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What an airline does to one booked order of its own accord. */
export interface AirlineCourse {
  /** In order; each so long after the one before, in ms. */
  readonly moves: readonly AirlineStep[];
  /** How long after a change the traveller accepts what is open by then; null: never. */
  readonly acceptsAfterMs: number | null;
}

export interface AirlineStep {
  readonly afterMs: number;
  /** `cancels`: the whole order. */
  readonly does: 'moves' | 'drops' | 'cancels';
  /** What comes back of an order that it cancels; `unsaid`: the order has no cancellation. */
  readonly gives: 'all' | 'half' | 'nothing' | 'unsaid';
  /** How long people work on an acceptance, in ms. */
  readonly acceptMs: number;
}

/**
 * Whether airlines do anything of their own accord in a seed's world, so that its booked orders are followed: in one of four. The others run as
 * they did before there was this, so that what is recorded of them holds.
 */
export const followsOrders = (seed: number): boolean => [2, 4].includes(seed % 8);

/** What airlines do in such a world; null: they keep their word. @param chance apart from the scenario's own */
export function airlineCourses(chance: Chance, trips: number): (AirlineCourse | null)[] {
  return Array.from({ length: trips }, () =>
    chance.hits(0.8)
      ? {
          moves: Array.from({ length: chance.pick([1, 1, 2, 3]) }, () => stepOf(chance)),
          acceptsAfterMs: chance.pick([null, 5 * SECOND, 20 * MINUTE]),
        }
      : null,
  );
}

const stepOf = (chance: Chance): AirlineStep => ({
  afterMs: chance.skewed(5 * SECOND, 2 * HOUR),
  does: chance.pick(['moves', 'moves', 'moves', 'drops', 'cancels']),
  gives: chance.pick(['all', 'all', 'half', 'nothing', 'unsaid']),
  acceptMs: chance.pick([0, 0, 10 * MINUTE]),
});

/** How late tickets are, in ms: mostly they come with the order. */
export const ticketsLateOf = (chance: Chance): number =>
  chance.hits(0.6) ? 0 : chance.pick([3 * MINUTE, 25 * MINUTE, 3 * HOUR]);
