import type { Clock } from '../../clock.ts';
import type { SearchClaim } from '../../db/searches.ts';
import type { DueSearch } from '../../domain/cadence.ts';
import type { DecisionRecord } from '../../domain/decision.ts';
import type { Money } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import type { SearchParams } from '../../domain/search.ts';
import type { Criteria, Selection } from '../../domain/selection.ts';
import type { Outcome } from '../../domain/trip.ts';
import type { Flags } from '../../flags/flags.ts';
import type { FlightProvider, SearchResult } from '../../providers/duffel/index.ts';
import type { Cadence } from '../deps.ts';

/** Everything watching sees of the world. */
export interface WatchPorts {
  readonly watch: WatchStore;
  readonly flights: Pick<FlightProvider, 'search'>;
  readonly quota: WatchQuota;
  readonly flags: Flags;
  readonly cadence: Cadence;
  readonly clock: Clock;
}

/** What the provider's quota leaves for watching; the fleet shares it, and bookings come first. */
export interface WatchQuota {
  /** Takes one call, to be given back when its answer is there; or says how long to wait until there may be one. */
  take(): Promise<{ readonly waitMs: number; done(): Promise<void> }>;
  /** How many more searches may be asked for until the next sweep; null while the provider has set no limit. */
  room(): Promise<number | null>;
}

/** A trip that wants a search's answer. */
export interface WaitingTrip {
  readonly id: string;
  readonly userId: string;
  readonly autoBookEnabled: boolean;
  readonly mandate: Money;
  readonly criteria: Criteria;
  readonly outcome: Outcome;
  readonly correlationId: string;
}

/** What a search's answer means for one trip. */
export interface Decision {
  readonly trip: WaitingTrip;
  readonly outcome: Outcome;
  readonly best: Money | null;
  readonly buy: Offer | null;
  readonly selection: Selection;
  readonly record: DecisionRecord;
}

/** Watched trips and their searches, in storage. Each verb is one transaction. */
export interface WatchStore {
  /** What the trips of this key want searched; undefined when nobody watches it any more. */
  wanted(searchKey: string): Promise<SearchParams | undefined>;
  /** Takes the search of a key and window, once for the whole fleet. */
  claimSearch(searchKey: string, window: number): Promise<SearchClaim>;
  /** Keeps every offer found, and closes the search. */
  keepOffers(search: { id: string; searchKey: string }, result: SearchResult): Promise<void>;
  /** The search may be claimed again; the trips read that it failed, and wait until `nextCheckAt` if that is given. */
  noteFailure(
    search: { id: string; searchKey: string },
    failure: { code: string; outcome: Outcome; nextCheckAt: Date | undefined },
  ): Promise<void>;
  offersOf(searchId: string): Promise<Offer[]>;
  /** Trips that are due for this search's answer, by id. */
  awaiting(searchKey: string, page: { limit: number; afterId: string | null }): Promise<WaitingTrip[]>;
  /** Writes what came of looking to the trips still watched, and what is news to their timelines and mail. */
  note(decisions: readonly Decision[], nextCheckAt: Date): Promise<void>;
  /** Moves a watched trip to BOOKING and asks for its attempt. @returns false when it was no longer watched */
  begin(decision: Decision, offer: Offer, now: Date): Promise<boolean>;
  /** The distinct searches that due trips wait for, longest due first. */
  due(limit: number): Promise<readonly DueSearch[]>;
  /** What speaks for looking at this search again soon. */
  prospect(searchKey: string): Promise<{ topCap: number | null; fares: readonly number[] }>;
  /** Keeps how much a look at this search is worth. */
  noteWorth(searchKey: string, worth: number): Promise<void>;
  /** The search was not asked after all; it may be claimed again. */
  giveBack(searchId: string): Promise<void>;
  askFor(searchKeys: readonly string[], window: number): Promise<void>;
  /** Ends one batch of trips whose departure has passed. @returns how many */
  expireDeparted(limit: number): Promise<number>;
}
