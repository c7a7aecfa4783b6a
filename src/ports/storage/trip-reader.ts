import type { Money } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
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

/** What the API shows of trips. Each verb is one transaction, and undefined means that the user has no such trip. */
export interface TripReader {
  /** A trip with the booking it became. */
  find(
    userId: string,
    id: string,
  ): Promise<{ readonly trip: Trip; readonly booking: Booking | undefined } | undefined>;
  /** The user's trips, newest first. */
  list(userId: string, page: Page): Promise<(Trip & { readonly cursor: Cursor })[]>;
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
