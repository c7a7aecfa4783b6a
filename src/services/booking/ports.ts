import type { Clock } from '../../clock.ts';
import type { Attempt, MoneyStep } from '../../domain/attempt.ts';
import type {
  Announcement,
  Change,
  Ending,
  Intent,
  IntentMode,
  PastIntent,
  Stop,
} from '../../domain/attempt-change.ts';
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

/** An attempt just claimed, with the calls announced for it so far. */
export interface Claim {
  readonly attempt: Attempt;
  readonly intents: readonly PastIntent[];
}

/** Attempts in storage. Every write but `claim` carries the attempt's epoch and throws Fenced when it is no longer the newest. */
export interface AttemptStore {
  /** Takes the attempt and raises its epoch; null when it is over, or another worker holds it. */
  claim(attemptId: string): Promise<Claim | null>;
  /** Keeps the claim alive through a long call. */
  renew(attempt: Attempt): Promise<void>;
  /** Gives the claim back, so that the next worker need not wait for it to lapse. */
  release(attempt: Attempt): Promise<void>;
  /**
   * Commits what came of the steps so far, with its audit entries, and the intent of the next call if one is announced. A
   * new authorisation or order also asks the fuse.
   * @returns why the call may not be made; then its intent was not committed, and all the rest was
   */
  commit(attempt: Attempt, changes: readonly Change[], next?: Announcement): Promise<Stop | null>;
  /** Commits the end of the attempt together with what it means for the trip, the booking and the mail. */
  finish(attempt: Attempt, changes: readonly Change[], ending: Ending): Promise<void>;
  /** Keeps the offers fetched for this attempt. */
  keepOffers(attempt: Attempt, result: SearchResult): Promise<void>;
  /** Who flies. Opened right before the call that needs it, and kept nowhere. */
  passengers(attempt: Attempt): Promise<Passenger[]>;
}

/** What a step decides. */
export type Move =
  | ({ readonly kind: 'go' } & Change)
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | { readonly kind: 'finish'; readonly ending: Ending };

/** What a step may ask and announce of the attempt it works on. */
export interface Announcing extends Pick<AttemptStore, 'keepOffers' | 'passengers'> {
  /** The intent of a step, if it was ever committed. */
  begun(step: MoneyStep): Pick<Intent, 'ageMs' | 'outcome'> | null;
  /** Commits that a call is about to be made, and with which key; a new authorisation or order also asks the fuse. */
  intend(
    attempt: Attempt,
    step: MoneyStep,
    request: Record<string, unknown>,
    mode: IntentMode,
  ): Promise<Intent>;
}

/** A step sees the attempt it works on, and no other. */
export type StepPorts = Omit<SagaPorts, 'store'> & { readonly store: Announcing };
export type Step = (ports: StepPorts, attempt: Attempt) => Promise<Move>;
