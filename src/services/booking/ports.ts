import type { Clock } from '../../clock.ts';
import type { Attempt, MoneyStep } from '../../domain/attempt.ts';
import type { Change, Ending, Intent, IntentMode } from '../../domain/attempt-change.ts';
import type { BookingStop } from '../../flags/flags.ts';
import type { FlightProvider, Passenger, SearchResult } from '../../providers/duffel/index.ts';
import type { PaymentProvider } from '../../providers/stripe/index.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Everything the saga sees of the world. The same code runs on Postgres and vendors, or on memory and a seed. */
export interface SagaPorts {
  readonly store: AttemptStore;
  readonly flights: Omit<FlightProvider, 'circuit'>;
  readonly payments: Pick<
    PaymentProvider,
    'authorize' | 'hold' | 'holdsOf' | 'capture' | 'release' | 'refund'
  >;
  readonly flags: SagaFlags;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: SagaSettings;
}

/** The card may be gone while a hold on it is still to be found: the customer stays. */
export interface Payer {
  readonly customerId: string;
  readonly paymentMethodId: string | null;
}

export interface SagaFlags {
  /** Null while new authorisations and orders may begin for this user. */
  bookingStop(userId: string): Promise<BookingStop | null>;
  selectionRules(): Promise<{ advancedFiltering: boolean; priceOptimization: boolean }>;
}

export interface SagaSettings {
  /** How long a claim lasts unless renewed. */
  readonly claimMs: number;
  /** How long an order of unknown outcome is looked for before it is taken for not made. */
  readonly settleWindowMs: number;
  /** How often it is looked for. */
  readonly settlePollMs: number;
  /**
   * How long a lost authorisation is looked for. Longer than the payment SDK's own deadline with its repeats, so that no
   * call of ours can still be under way.
   */
  readonly paymentSettleMs: number;
}

/** Attempts in storage. Every write but `claim` carries the attempt's epoch and throws Fenced when it is no longer the newest. */
export interface AttemptStore {
  /** Takes the attempt and raises its epoch; null when it is over, or another worker holds it. */
  claim(attemptId: string): Promise<Attempt | null>;
  /** Keeps the claim alive through a long call. */
  renew(attempt: Attempt): Promise<void>;
  /** Gives the claim back, so that the next worker need not wait for it to lapse. */
  release(attempt: Attempt): Promise<void>;
  /** Commits that a call is about to be made, and with which key; a new authorisation or order also asks the fuse. */
  intend(
    attempt: Attempt,
    step: MoneyStep,
    request: Record<string, unknown>,
    mode: IntentMode,
  ): Promise<Intent>;
  /** The intent of a step, if it was ever committed. */
  begun(attempt: Attempt, step: MoneyStep): Promise<Pick<Intent, 'ageMs' | 'outcome'> | null>;
  /** Commits what came of a step, with its audit entries, and moves the attempt on. */
  save(attempt: Attempt, change: Change): Promise<Attempt>;
  /** Commits the end of the attempt together with what it means for the trip, the booking and the mail. */
  finish(attempt: Attempt, ending: Ending): Promise<void>;
  /** Keeps the offers fetched for this attempt. */
  keepOffers(attempt: Attempt, result: SearchResult): Promise<void>;
  /** Who pays, and who flies. Opened right before the call that needs it, and kept nowhere. */
  payer(attempt: Attempt): Promise<Payer | null>;
  passengers(attempt: Attempt): Promise<Passenger[]>;
}

/** What a step decides. */
export type Move =
  | ({ readonly kind: 'go' } & Change)
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | { readonly kind: 'finish'; readonly ending: Ending };

export type Step = (ports: SagaPorts, attempt: Attempt) => Promise<Move>;
