import type { MoneyStep, OrderFacts, StepName, Unwind } from './attempt.ts';
import type { Offer } from './offer.ts';

/** `once`: a second intent is reported as such. `again`: the step is begun anew, under a new key. */
export type IntentMode = 'once' | 'again';

export interface Intent {
  readonly key: string;
  /** False when an earlier run already announced the call, which may therefore have been made. */
  readonly fresh: boolean;
  readonly intendedAt: Date;
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
  /** Go on no sooner than this. */
  readonly pauseMs?: number;
}

/** One entry of the trip's timeline. Its detail holds no PII. */
export interface SagaEvent {
  readonly type: string;
  readonly detail?: Record<string, unknown>;
}

export type Ending =
  | { readonly kind: 'booked' }
  | { readonly kind: 'undone'; readonly unwind: Unwind; readonly events?: readonly SagaEvent[] }
  | { readonly kind: 'human'; readonly code: string; readonly message: string };
