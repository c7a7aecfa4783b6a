import type { Compensation } from '../../domain/attempt.ts';
import type { Days } from '../../domain/duplicate-trip.ts';
import type { Offer } from '../../domain/offer.ts';
import type { Cabin, SearchParams } from '../../domain/search.ts';
import type { Criteria } from '../../domain/selection.ts';
import type { Outcome, TripStatus, TripTransition } from '../../domain/trip.ts';
import type { LiveAttempt } from '../../domain/trip-cancellation.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AttemptStart } from './attempts.ts';
import type { AuditEntry } from './audit.ts';
import type { EncryptedTraveler } from './travelers.ts';

/** A trip as it is stored. */
export interface Trip {
  readonly id: string;
  readonly userId: string;
  readonly autoBookEnabled: boolean;
  readonly autoBookStatus: TripStatus;
  readonly outcome: Outcome;
  readonly correlationId: string;
  readonly origin: string;
  readonly destination: string;
  /** `yyyy-mm-dd`, at the origin. */
  readonly departureDate: string;
  readonly returnDate: string | null;
  readonly cabin: Cabin;
  readonly criteria: Criteria;
  readonly travelerIds: readonly string[];
  readonly maxPriceMinor: number;
  readonly currency: string;
  readonly paymentMethodId: string | null;
  /** The agreement to automatic booking, as evidence; null without automatic booking. */
  readonly consent: unknown;
  readonly selectedOfferId: string | null;
  readonly searchKey: string;
  readonly bestPriceMinor: number | null;
  readonly bestPriceCurrency: string | null;
  readonly lastCheckedAt: Date | null;
  /** Null while the trip is not watched. */
  readonly nextCheckAt: Date | null;
  readonly watchUntil: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A trip to be stored as watched. */
export interface NewTrip
  extends Pick<
    Trip,
    | 'id'
    | 'userId'
    | 'autoBookEnabled'
    | 'origin'
    | 'destination'
    | 'departureDate'
    | 'returnDate'
    | 'cabin'
    | 'travelerIds'
    | 'maxPriceMinor'
    | 'currency'
    | 'criteria'
    | 'paymentMethodId'
    | 'searchKey'
    | 'nextCheckAt'
    | 'watchUntil'
    | 'outcome'
    | 'correlationId'
  > {
  readonly searchParams: SearchParams;
  /** JSON text. */
  readonly consent: string | null;
}

/** What the traveller's change of a trip writes; afterwards the trip is watched. */
export type TripUpdate = Pick<
  NewTrip,
  | 'autoBookEnabled'
  | 'maxPriceMinor'
  | 'currency'
  | 'criteria'
  | 'paymentMethodId'
  | 'travelerIds'
  | 'departureDate'
  | 'returnDate'
  | 'watchUntil'
  | 'searchKey'
  | 'searchParams'
  | 'consent'
  | 'nextCheckAt'
  | 'outcome'
> & {
  /** Other dates or travellers: what was found so far, and told, does not concern the trip any more. */
  readonly isNewSearch: boolean;
};

/**
 * How an attempt ended though its order may still turn up: it was not confirmed within the wait, or the traveller did not
 * want to wait.
 */
export type UnconfirmedOrder = 'order_unconfirmed' | 'order_released';

/** The attempt of a trip that is still open, locked. */
export interface LockedAttempt extends LiveAttempt {
  readonly id: string;
  readonly number: number;
  readonly paymentIntentId: string | null;
  readonly deadline: Date;
}

/** An offer with the search that found it. */
export interface StoredOffer {
  readonly offer: Offer;
  readonly searchKey: string;
  /** Null: found by a search that all trips of its key share. */
  readonly tripId: string | null;
}

/** What a trip's request is checked against. */
export interface TripCheckReads {
  /** Those of these travellers that are the user's own, in any order. */
  travelers(ids: readonly string[]): Promise<EncryptedTraveler[]>;
  /** @param named our id of the card, or the payment provider's (`pm_…`). @returns our id */
  findPaymentMethod(named: string): Promise<string | undefined>;
  /**
   * The trips of these travellers that are watched, being booked or booked, and that have one of these days, oldest first.
   * Until the transaction ends, others that ask the same of one of the travellers wait: of two trips that are taken at once
   * the second sees the first.
   */
  tripsOf(travelerIds: readonly string[], days: Days): Promise<TripOfTraveler[]>;
}

/** A trip as it is compared with another of the same traveller. */
export type TripOfTraveler = Pick<
  Trip,
  'id' | 'origin' | 'destination' | 'departureDate' | 'returnDate' | 'travelerIds'
>;

/** Verbs on one user's trips, in one transaction. Trips of other users do not exist here. */
export interface TripWrites {
  find(id: string): Promise<Trip | undefined>;
  /** Reads a trip and keeps others from changing it until the transaction ends. */
  lock(id: string): Promise<Trip | undefined>;
  /** @throws AlreadyExists `trip` out of the transaction */
  insert(trip: NewTrip): Promise<Trip>;
  /** Writes a change to a locked trip. @returns the trip as it is watched from now on */
  update(id: string, update: TripUpdate): Promise<Trip>;
  /** @returns false when the trip was in none of `from`; then nothing was written */
  move(id: string, transition: TripTransition): Promise<boolean>;
  /** When the newest attempt that ended with this code, and without an order, did so, if that is at most `withinMs` ago. */
  unconfirmedOrderAt(tripId: string, code: UnconfirmedOrder, withinMs: number): Promise<Date | undefined>;
  /** An offer of a search that concerns one of the user's trips. */
  findOffer(offerId: string): Promise<StoredOffer | undefined>;
  lockLiveAttempt(tripId: string): Promise<LockedAttempt | undefined>;
  /**
   * Sends an attempt to its compensation, and raises its epoch so that the worker at it is fenced before its next step.
   * @returns the new epoch
   */
  compensateAttempt(attemptId: string, compensation: Compensation): Promise<number>;
  /**
   * Notes that the traveller wants to wait no longer for the order of an attempt, and raises its epoch so that the worker
   * that looks the order up is fenced.
   * @returns the new epoch
   */
  requestRelease(attemptId: string): Promise<number>;
  /** Lets the waiting attempt be claimed at once, and fences a worker that looks its confirmation up. @returns its epoch now */
  wake(attemptId: string): Promise<number>;
  /**
   * Moves a watched trip to BOOKING and inserts its attempt. @returns the attempt's id; undefined when it is not watched
   * @throws AlreadyExists `live_attempt` out of the transaction
   */
  startAttempt(start: AttemptStart): Promise<string | undefined>;
  audit(...entries: readonly AuditEntry[]): Promise<void>;
  enqueue(...jobs: readonly OutboxJob[]): Promise<void>;
}

/** Verbs of one transaction on a user's trips. */
export type TripTransaction = TripCheckReads & TripWrites;

/** Trips in storage, for those who change them. `TripReader` answers those who only read. */
export interface TripStore {
  /**
   * Runs `work` in one transaction that sees this user's rows alone; what `work` throws rolls it back. Verbs that are
   * called together are pipelined.
   */
  transaction<T>(userId: string, work: (trx: TripTransaction) => Promise<T>): Promise<T>;
}
