import type { Segment, Slice } from './offer.ts';

/** What may be done about a change by the seller's API. `update`: what was arranged with the airline directly is noted. */
export const CHANGE_ACTIONS = ['accept', 'cancel', 'change', 'update'] as const;
/** One of them. */
export type ChangeAction = (typeof CHANGE_ACTIONS)[number];

/** What was done about a change: it was accepted, or the order was cancelled or changed because of it. */
export const CHANGE_DECISIONS = ['accepted', 'cancelled', 'changed'] as const;
/** One of them. */
export type ChangeDecision = (typeof CHANGE_DECISIONS)[number];

/** How a change stands with us. DECLINED: the order was cancelled or changed instead. SUPERSEDED: a later change took its place. */
export const CHANGE_STATES = ['OPEN', 'ACCEPTED', 'DECLINED', 'SUPERSEDED'] as const;
/** The state of one change. */
export type ChangeState = (typeof CHANGE_STATES)[number];

/** A change that an airline made to an order of its own accord, as the seller shows it now. */
export interface AirlineChange {
  /** The seller's id; null when the order shows other flights, and no change that explains them. */
  readonly changeId: string | null;
  /** The slices it is about, as they were. */
  readonly before: readonly Slice[];
  /** The same as they are flown now; none of a slice that is not flown any more. */
  readonly after: readonly Slice[];
  readonly actions: readonly ChangeAction[];
  /** Null while nothing was done about it. */
  readonly decision: ChangeDecision | null;
  /** People at the seller work on what was asked. */
  readonly pending: boolean;
}

/** The state that the seller's word on a change gives it. */
export const stateOfDecision = (decision: ChangeDecision | null): ChangeState => {
  if (decision === null) return 'OPEN';
  return decision === 'accepted' ? 'ACCEPTED' : 'DECLINED';
};

/** Whether flights were dropped: fewer slices, or fewer flights, than before. */
export const dropsFlights = ({ before, after }: Pick<AirlineChange, 'before' | 'after'>): boolean =>
  after.length < before.length;

/** What a traveller must know of a flight to be at it. Terminals and aircraft change without notice. */
const flightKey = ({ origin, destination, carrier, flightNumber, ...times }: Segment): string =>
  [carrier, flightNumber, origin, destination, times.departingAtLocal, times.arrivingAtLocal].join(' ');

/** Whether two itineraries have the same flights at the same times. */
export function sameFlights(one: readonly Slice[], other: readonly Slice[]): boolean {
  const keys = (slices: readonly Slice[]) =>
    slices.map(({ segments }) => segments.map(flightKey).join('/')).join('//');
  return keys(one) === keys(other);
}

/** The slices that differ between two itineraries, side by side as far as both have them. */
export function changedSlices(
  before: readonly Slice[],
  after: readonly Slice[],
): Pick<AirlineChange, 'before' | 'after'> {
  return {
    before: before.filter((slice) => !after.some((one) => sameFlights([one], [slice]))),
    after: after.filter((slice) => !before.some((one) => sameFlights([one], [slice]))),
  };
}
