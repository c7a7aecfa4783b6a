import type { NotifiedFare } from '../../domain/fare-news.ts';
import type { Money } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import type { SearchParams } from '../../domain/search.ts';
import type { DueSearch } from '../../domain/search-schedule.ts';
import type { Criteria } from '../../domain/selection.ts';
import type { Outcome } from '../../domain/trip.ts';
import type { SearchResult } from '../flights.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AttemptStart } from './attempts.ts';
import type { AuditEntry } from './audit.ts';
import type { NotificationRequest } from './notifications.ts';

/** `mine`: the caller calls the provider · `done`: its offers are stored · `running`: another worker calls the provider. */
export type SearchClaim =
  | { readonly state: 'mine'; readonly id: string }
  | { readonly state: 'done'; readonly id: string }
  | { readonly state: 'running' };

/** A watched trip that is due for a search's answer. */
export interface WaitingTrip {
  readonly id: string;
  readonly userId: string;
  readonly autoBookEnabled: boolean;
  readonly mandate: Money;
  readonly criteria: Criteria;
  readonly outcome: Outcome;
  /** Null: no mail about a fare that fits yet. */
  readonly notifiedFare: NotifiedFare | null;
  readonly correlationId: string;
}

/** What a search's answer means for one trip, as it is stored. */
export interface TripCheck {
  readonly tripId: string;
  readonly outcome: Outcome;
  readonly bestPrice: Money | null;
  /** Null when the traveller would read nothing new. */
  readonly audit: AuditEntry | null;
  readonly notifications: readonly NotificationRequest[];
  /** Null when what the traveller was told of fares stays as it is. */
  readonly notifiedFare: NotifiedFareChange | null;
}

/** A change of what the traveller was told of fares. Nothing of it is stored when another check changed it meanwhile. */
export interface NotifiedFareChange {
  readonly before: NotifiedFare | null;
  readonly after: NotifiedFare;
  /** Null when there is no mail about it. */
  readonly notification: NotificationRequest | null;
}

/** How a trip whose departure has passed ends. */
export interface Expiry {
  readonly outcome: Outcome;
  readonly audit: Pick<AuditEntry, 'type' | 'actor'>;
}

/** Watched trips and their shared searches, in storage. */
export interface WatchStore {
  /** The parameters of a search; undefined when no trip watches it any more. */
  searchParamsOf(searchKey: string): Promise<SearchParams | undefined>;
  /** Claims the search of a key and freshness window, once for the whole fleet. A failed or abandoned one may be claimed again. */
  claimSearch(searchKey: string, window: number): Promise<SearchClaim>;
  /** Stores every offer found, and closes the search. */
  saveOffers(searchId: string, result: SearchResult): Promise<void>;
  /**
   * The search may be claimed again. Due trips read `outcome`; those that `nextCheckAt` is given for wait until then.
   */
  recordFailure(
    search: { readonly id: string; readonly searchKey: string },
    failure: { readonly code: string; readonly outcome: Outcome; readonly nextCheckAt: Date | undefined },
  ): Promise<void>;
  /** Ends a claim without a provider call; the search may be claimed again. */
  releaseSearch(searchId: string): Promise<void>;
  /** The offers of a search, cheapest first. */
  offersOf(searchId: string): Promise<Offer[]>;
  /** Watched trips that are due for this search's answer, by id. */
  tripsAwaiting(searchKey: string, page: { limit: number; afterId: string | null }): Promise<WaitingTrip[]>;
  /** Records checks of the trips that are still watched; of the others nothing is stored. One transaction. */
  recordChecks(checks: readonly TripCheck[], nextCheckAt: Date): Promise<void>;
  /**
   * Records a check and starts the attempt it leads to, in one transaction.
   * @returns false when the trip is no longer watched or has a live attempt; then nothing was stored
   */
  startBooking(check: TripCheck, start: AttemptStart): Promise<boolean>;
  /** The distinct searches that due trips wait for, longest due first. */
  dueSearches(limit: number): Promise<readonly DueSearch[]>;
  /** The highest cap of those who watch this search, and its cheapest fares of late, oldest first; both in minor units. */
  priorityInputs(searchKey: string): Promise<{ topCap: number | null; fares: readonly number[] }>;
  savePriority(searchKey: string, priority: number): Promise<void>;
  /** Stores the jobs, and that these searches were just requested: they wait behind all others. One transaction. */
  requestSearches(searchKeys: readonly string[], jobs: readonly OutboxJob[]): Promise<void>;
  /** Ends one batch of trips whose departure has passed, in one transaction. @returns how many */
  expireDeparted(limit: number, expiry: Expiry): Promise<number>;
}
