import type { Money } from '../../domain/money.ts';

/** Bounds on what Parker may begin by itself. Beyond one of the fleet's the fuse blows; beyond a user's that user waits. */
export interface FuseLimits {
  /** The ISO 4217 code in which spend is counted; amounts in others are converted. */
  readonly currency: string;
  /** In major units of `currency`, over the last hour: what is reserved or captured. */
  readonly spendPerHour: number;
  readonly bookingsPerMinute: number;
  readonly unknownsPerHour: number;
  /** In major units of `currency`; null for no bound. */
  readonly userSpendPerHour: number | null;
  /** Null for no bound. */
  readonly userBookingsPerHour: number | null;
}

/** Why a charge was refused without blowing the fuse: only this attempt stops. */
export const ATTEMPT_STOPS = ['user_spend_per_hour', 'user_bookings_per_hour', 'unrated_currency'] as const;
/** One of those reasons. */
export type AttemptStop = (typeof ATTEMPT_STOPS)[number];

/** A new authorization: counted against the bounds, and refused beyond them. A commit that is repeated counts once. */
export interface FuseCharge {
  /** In the fuse's currency. */
  readonly amount: Money;
  /** False when the fare's currency has no rate: then it is refused beyond the bound, and the fuse stays. */
  readonly rated: boolean;
  readonly maxMinorPerHour: number;
  readonly maxPerMinute: number;
  /** Null for no bound. */
  readonly maxMinorPerUserHour: number | null;
  readonly maxPerUserHour: number | null;
}

/** How a commit uses the fuse. */
export interface FuseCheck {
  readonly charge?: FuseCharge;
  /** Nothing of what the attempt was charged for is reserved any more: it is credited, once. */
  readonly credit?: true;
  /** The intent is refused while the fuse is blown. */
  readonly requiresArmed?: true;
  /** An unknown outcome is among the commit's outcomes: more than this many in an hour blow the fuse. */
  readonly maxUnknownPerHour?: number;
}
