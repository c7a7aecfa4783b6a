import type {
  Intent,
  IntentMode,
  IntentOutcome,
  IntentStep,
  PastIntent,
  SagaEvent,
} from '../../domain/saga.ts';
import type { Outcome, TripTransition } from '../../domain/trip.ts';
import { Retryable } from '../../errors.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';

/** What came of a step, and which step is next. */
export interface NextStep<Step extends string, Patch> {
  readonly kind: 'next';
  readonly step: Step;
  readonly patch?: Patch;
  /** Closes the intent of a call. */
  readonly recorded?: IntentOutcome;
  readonly events?: readonly SagaEvent[];
  /** What the traveller reads meanwhile. */
  readonly tripOutcome?: Outcome;
  /** Moves the trip with this step, because what is true of it has changed. */
  readonly trip?: TripTransition;
  /** Stored with the step, each once by its dedupe key. */
  readonly notifications?: readonly NotificationRequest[];
  /** Go on no sooner than this, in ms. */
  readonly pauseMs?: number;
}

/** What a step decides. */
export type StepResult<Step extends string, Patch, End> =
  | NextStep<Step, Patch>
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | { readonly kind: 'finish'; readonly outcome: End };

/** What the end of a saga changes: its subject, the audit log, and everything around it. */
export interface SagaEnd<Patch, End> {
  readonly patch: Patch;
  readonly events: readonly SagaEvent[];
  readonly end: End;
}

/** The two results that decide, with the types of one saga. */
export const resultsOf = <Step extends string, Patch, Outcome>() => ({
  next: (step: Step, effects: StepEffects<Step, Patch> = {}): StepResult<Step, Patch, Outcome> => ({
    kind: 'next',
    step,
    ...effects,
  }),
  finish: (outcome: Outcome): StepResult<Step, Patch, Outcome> => ({ kind: 'finish', outcome }),
});

/** What a step changes beside the step that follows. */
export type StepEffects<Step extends string, Patch> = Omit<NextStep<Step, Patch>, 'kind' | 'step'>;

/** The intents of the subject that a step works on. */
export interface IntentLog<Subject> {
  /** The intent of a step, if it was ever recorded. */
  findIntent(
    step: IntentStep,
  ): Pick<PastIntent, 'ageMs' | 'outcome' | 'tries' | 'orderId' | 'pauseMs'> | null;
  /**
   * Commits that a call is about to be made, and with which key. What came of the steps before commits with it.
   * @throws Fenced when another worker has claimed the subject, or the claim lapsed while the commit was under way
   */
  recordIntent(
    subject: Subject,
    step: IntentStep,
    request: Record<string, unknown>,
    mode: IntentMode,
  ): Promise<Intent>;
}

/** Back to the queue: the step is run again after `ms`. */
export const wait = (ms: number, why: string) => ({ kind: 'wait', ms, why }) as const;

/** As `wait`, for as long as the vendor asked, if it did. @param ms the least wait */
export const waitAfter = (error: unknown, ms: number, why: string) =>
  wait(Math.max(ms, (error instanceof Retryable && error.retryAfterMs) || 0), why);
