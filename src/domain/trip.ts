export const TRIP_STATUSES = ['PENDING', 'BOOKING', 'BOOKED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const;
export type TripStatus = (typeof TRIP_STATUSES)[number];

/** Which status may follow which; see docs/state-machines.md. */
const NEXT: Record<TripStatus, readonly TripStatus[]> = {
  PENDING: ['BOOKING', 'CANCELLED', 'EXPIRED'],
  BOOKING: ['BOOKING', 'PENDING', 'BOOKED', 'FAILED', 'CANCELLED'],
  BOOKED: [],
  // To BOOKING when a ticket turns up that a restored backup had forgotten.
  FAILED: ['PENDING', 'CANCELLED', 'BOOKING'],
  // Cancelled while the order call was on its way: the ticket exists and is paid, or a person must look.
  CANCELLED: ['BOOKED', 'BOOKING'],
  EXPIRED: [],
};

export function mayBecome(from: TripStatus, to: TripStatus): boolean {
  return NEXT[from].includes(to);
}

/** What last came of watching or booking, in words for the traveller. */
export interface Outcome {
  readonly code: OutcomeCode;
  readonly message: string;
}

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
  | 'paused'
  | 'unconfirmed'
  | 'needs_human'
  | (string & {});
