/** The statuses of a trip. */
export const TRIP_STATUSES = ['PENDING', 'BOOKING', 'BOOKED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const;
/** The status of one trip. */
export type TripStatus = (typeof TRIP_STATUSES)[number];

/** The orders in which trips are listed; a minus is descending. */
export const TRIP_SORTS = ['-createdAt', 'createdAt', 'departureDate', '-departureDate'] as const;
/** One order of trips. */
export type TripSort = (typeof TRIP_SORTS)[number];

/** Which status may follow which; see docs/state-machines.md. */
const NEXT: Record<TripStatus, readonly TripStatus[]> = {
  PENDING: ['BOOKING', 'CANCELLED', 'EXPIRED'],
  BOOKING: ['BOOKING', 'PENDING', 'BOOKED', 'FAILED', 'CANCELLED'],
  // The booking was cancelled.
  BOOKED: ['CANCELLED'],
  // To BOOKING when an order is found that a restored backup does not contain.
  FAILED: ['PENDING', 'CANCELLED', 'BOOKING'],
  // The trip was cancelled during the order call: the ticket exists and is paid, or a person must decide. A trip whose booking
  // was cancelled has no attempt that could move it; its outcome changes when a person has ended its cancellation.
  CANCELLED: ['CANCELLED', 'BOOKED', 'BOOKING'],
  EXPIRED: [],
};

/** Whether a trip may move from one status to the other. */
export function mayBecome(from: TripStatus, to: TripStatus): boolean {
  return NEXT[from].includes(to);
}

/** The latest result of watching or booking, in words for the traveller. */
export interface Outcome {
  readonly code: OutcomeCode;
  readonly message: string;
  /** Until when at most an order of unknown outcome is waited for, RFC 3339; only while one is. */
  readonly waitsUntil?: string;
  /** Until when the traveller may confirm the payment, RFC 3339; only while the code is `confirm_payment`. */
  readonly confirmBy?: string;
}

/** A move along the trip's state machine. Fields that are absent stay as they are. */
export interface TripTransition {
  readonly from: readonly TripStatus[];
  readonly to: TripStatus;
  readonly outcome: Outcome;
  readonly selectedOfferId?: string | null;
  readonly nextCheckAt?: Date | null;
}

/** The outcome of a trip that was booked, and whose booking was cancelled. */
export const BOOKING_CANCELLED = 'booking_cancelled';

/** The outcome of a trip whose payment waits for its traveller. */
export const CONFIRM_PAYMENT = 'confirm_payment';

/** The code of an outcome, for programs. */
export type OutcomeCode =
  | 'waiting_for_first_search'
  | 'no_offers'
  | 'above_budget'
  | 'no_match'
  | 'other_currency'
  | 'fits'
  | 'search_failed'
  | 'booking'
  | 'booked'
  | 'expired'
  | 'cancelled'
  | typeof BOOKING_CANCELLED
  | 'paused'
  | 'unconfirmed'
  | typeof CONFIRM_PAYMENT
  | 'needs_human'
  | (string & {});
