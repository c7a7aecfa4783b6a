import type { Money } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import type { TripSort, TripStatus } from '../../domain/trip.ts';
import type { Booking } from './bookings.ts';
import type { Cursor, Page } from './page.ts';
import type { EncryptedTraveler } from './travelers.ts';
import type { Trip } from './trips.ts';

/** An offer of a search, as its price stood then. */
export interface FoundOffer {
  readonly offerId: string;
  readonly price: Money;
  readonly expiresAt: Date | null;
  readonly foundAt: Date;
  readonly summary: Offer;
}

/** An entry of the audit log as the traveller's timeline shows it. */
export interface TimelineRow {
  readonly id: number;
  readonly at: Date;
  readonly type: string;
  readonly detail: unknown;
  readonly correlationId: string | null;
}

/** Which of a user's trips are listed. What is absent restricts nothing. */
export interface TripFilter {
  readonly statuses?: readonly TripStatus[] | undefined;
  readonly origin?: string | undefined;
  readonly destination?: string | undefined;
  /** The first and the last day of departure, `yyyy-mm-dd`. */
  readonly departureFrom?: string | undefined;
  readonly departureTo?: string | undefined;
}

/** One page of a user's trips. The cursor's `at` is the value of the field that is sorted by. */
export interface TripQuery extends Page {
  readonly filter: TripFilter;
  readonly sort: TripSort;
}

/** A trip of a list, with the booking it became and the cursor of what follows it. */
export interface ListedTrip {
  readonly trip: Trip;
  readonly booking: Booking | undefined;
  readonly cursor: Cursor;
}

/** What the API shows of trips. Each verb is one transaction, and undefined means that the user has no such trip. */
export interface TripReader {
  /** A trip with the booking it became. */
  find(
    userId: string,
    id: string,
  ): Promise<{ readonly trip: Trip; readonly booking: Booking | undefined } | undefined>;
  /** The user's trips that match, in the order asked for, each with the booking it became. */
  list(userId: string, query: TripQuery): Promise<readonly ListedTrip[]>;
  /** The trip's audit log without its bookkeeping, in order, after the entry `afterId`. */
  timeline(
    userId: string,
    id: string,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<TimelineRow[] | undefined>;
  /**
   * A trip with the offers of the newest search that concerns it, cheapest first; and with its travellers, where one of the
   * offers needs their documents.
   */
  latestOffers(
    userId: string,
    id: string,
    limit: number,
  ): Promise<
    | {
        readonly trip: Trip;
        readonly offers: readonly FoundOffer[];
        readonly travelers: readonly EncryptedTraveler[];
      }
    | undefined
  >;
}
