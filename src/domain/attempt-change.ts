import type { MoneyStep, OrderFacts, StepName, Unwind } from './attempt.ts';
import type { Offer } from './offer.ts';
import type { Outcome } from './trip.ts';

/** A call that was announced: its intent is committed, and the call may have been made. */
export interface PastIntent {
  readonly step: MoneyStep;
  readonly key: string;
  /** How often the step was begun. */
  readonly tries: number;
  /** What came of the call; null while nobody knows. */
  readonly outcome: string | null;
  /** Since it was announced, by the storage's own clock: workers' clocks differ. */
  readonly ageMs: number;
}

/** A call about to be made. */
export interface Announcement extends Pick<PastIntent, 'step' | 'key' | 'tries'> {
  readonly request: Record<string, unknown>;
  /** False when an earlier run announced this very call: then the intent stands, and only the fuse is asked. */
  readonly fresh: boolean;
}

/** `once`: a second intent is reported as such. `again`: the step is begun anew, under a new key. */
export type IntentMode = 'once' | 'again';

/** Why nothing may begin, in words for the traveller. */
export type Stop = { readonly code: string; readonly message: string };

export interface Intent {
  /** Why nothing may begin; then no intent was committed. */
  readonly stop: Stop | null;
  readonly key: string;
  /** False when an earlier run already announced the call, which may therefore have been made. */
  readonly fresh: boolean;
  readonly ageMs: number;
  /** What came of the earlier call, if that is known. */
  readonly outcome: string | null;
}

export interface Change {
  readonly step: StepName;
  readonly patch?: {
    readonly offer?: Offer;
    readonly paymentIntentId?: string;
    readonly captureBefore?: Date | null;
    readonly order?: OrderFacts;
    readonly unwind?: Unwind;
  };
  /** Closes the intent of a money step. `not_attempted` lets a `once` step be begun again. */
  readonly settle?: {
    readonly step: MoneyStep;
    readonly outcome: string;
    readonly result?: Record<string, unknown>;
  };
  readonly events?: readonly SagaEvent[];
  /** What the traveller reads meanwhile. */
  readonly outcome?: Outcome;
  /** Go on no sooner than this. */
  readonly pauseMs?: number;
}

/** One entry of the trip's timeline. Its detail holds no PII. */
export interface SagaEvent {
  readonly type: string;
  readonly detail?: Record<string, unknown>;
  /** What a decision was made on; for the receipt, too long for the timeline. */
  readonly evidence?: unknown;
}

export type Ending =
  | { readonly kind: 'booked' }
  | { readonly kind: 'undone'; readonly unwind: Unwind; readonly events?: readonly SagaEvent[] }
  | { readonly kind: 'human'; readonly code: string; readonly message: string };
