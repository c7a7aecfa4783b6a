import type { Attempt, AttemptOutcome, AttemptPatch, StepName } from '../../domain/attempt.ts';
import type { Passenger } from '../../domain/passenger.ts';
import type { BookingStop } from '../../ports/flags.ts';
import type { FlightProvider, SearchResult } from '../../ports/flights.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import type { SearchSchedule } from '../../ports/search-schedule.ts';
import type { AttemptHistory } from '../../ports/storage/attempt-history.ts';
import type { AttemptEnd, AttemptStore } from '../../ports/storage/attempts.ts';
import type { FuseLimits } from '../../ports/storage/fuse-check.ts';
import type { AlertFuse } from '../fuse/alert.ts';
import type { CommonSagaPorts, StepPorts } from '../saga/run.ts';
import type { StepResult } from '../saga/step.ts';

/** Everything the booking saga sees of the world. The same code runs on Postgres and vendors, or on memory and a seed. */
export interface BookingPorts extends CommonSagaPorts<Attempt, AttemptPatch, AttemptEnd> {
  readonly store: AttemptStore;
  readonly offers: OwnSearches;
  readonly travelers: PassengerReader;
  readonly flights: Omit<FlightProvider, 'circuit'>;
  readonly payments: Pick<
    PaymentProvider,
    'authorize' | 'authorization' | 'authorizationsOf' | 'capture' | 'void' | 'refund' | 'refundsOf'
  >;
  readonly flags: BookingFlags;
  readonly history: AttemptHistory;
  readonly alertFuse: AlertFuse;
  readonly settings: BookingSettings;
}

/** Offers fetched for one attempt alone. */
export interface OwnSearches {
  keep(attempt: Attempt, result: SearchResult): Promise<void>;
}

/** Reads who flies. It is decrypted right before it is needed, and stored nowhere. */
export interface PassengerReader {
  /**
   * Who flies, in the order of the offer's passengers.
   * @returns null when one of the trip's travellers no longer exists
   */
  passengersOf(attempt: Attempt): Promise<Passenger[] | null>;
  /** Those of the trip's travellers that exist, in the order in which fares are searched for them. */
  flyersOf(tripId: string): Promise<Passenger[]>;
}

export interface BookingFlags {
  /** Null while new authorizations and orders may begin for this user. */
  bookingStop(userId: string): Promise<BookingStop | null>;
  selectionRules(): Promise<{ advancedFiltering: boolean; priceOptimization: boolean }>;
}

export interface BookingSettings {
  /** How long a claim lasts unless renewed, in ms. */
  readonly claimMs: number;
  /** How long an order of unknown outcome is waited for at most, in ms, if its authorization allows. */
  readonly orderLookupMs: number;
  /** How long it is waited for whatever its authorization allows, in ms. */
  readonly orderLookupLeastMs: number;
  /** The shortest time between two lookups of it, in ms; they become rarer the longer it is waited for. */
  readonly orderPollMs: number;
  /**
   * How long a lost authorization is looked up, in ms. Longer than the payment SDK's own deadline with its repeats, so that
   * no call of ours can still be under way.
   */
  readonly paymentLookupMs: number;
  /** How long a traveller is waited for who must confirm their payment, in ms; less, if the offer lives less long. */
  readonly confirmation: { readonly leastMs: number; readonly mostMs: number };
  readonly schedule: SearchSchedule;
  readonly fuse: FuseLimits;
}

/** What the steps of the booking saga are given, and what they decide. */
export type BookingStepPorts = StepPorts<Attempt, BookingPorts>;
export type BookingStepResult = StepResult<StepName, AttemptPatch, AttemptOutcome>;
