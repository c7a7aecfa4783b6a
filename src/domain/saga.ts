import type { EventType } from './event-types.ts';

/** A call that moves money or seats. Its intent is committed before the call. */
export type IntentStep =
  | 'authorize'
  | 'order'
  | 'capture'
  | 'cancel_order'
  | 'void'
  | 'cancel_booking'
  | 'refund';

/** An intent as storage keeps it: the call may have been made. */
export interface PastIntent {
  readonly step: IntentStep;
  readonly key: string;
  /** How often the step was started under a key of its own. */
  readonly tries: number;
  /** What came of the call; null while that is not known. */
  readonly outcome: string | null;
  /** The order that an answer named though the rest of it could not be used; null when it named none. */
  readonly orderId?: string | null;
  /** Milliseconds since it was recorded, by the storage's own clock: workers' clocks differ. */
  readonly ageMs: number;
  /** The call is not made again before it is this old, in ms: the vendor asked for it. */
  readonly pauseMs?: number | null;
}

/** `once`: a second intent is reported as such. `again`: the step is tried again, under a new key. */
export type IntentMode = 'once' | 'again';

/** Why no call may start, in words for the traveller. */
export interface Stop {
  readonly code: string;
  readonly message: string;
}

/** The answer to recording an intent. */
export interface Intent {
  /** Why the call may not start; then no intent was recorded. */
  readonly stop: Stop | null;
  readonly key: string;
  /** False when an earlier run recorded the same intent, so that the call may have been made. */
  readonly fresh: boolean;
  readonly ageMs: number;
  /** What came of the earlier call, if that is known. */
  readonly outcome: string | null;
}

/** Closes the intent of a step. `not_attempted` lets a `once` step be tried again. */
export interface IntentOutcome {
  readonly step: IntentStep;
  readonly outcome: string;
  readonly result?: Record<string, unknown>;
}

/** One entry of the audit log, about the saga's subject. Its detail holds no PII. */
export interface SagaEvent {
  readonly type: EventType;
  readonly detail?: Record<string, unknown>;
  /** What a decision was made on; for the receipt, too long for the timeline. */
  readonly evidence?: unknown;
}

/**
 * The deterministic idempotency key of one external call: attempt, step and number of tries, never time or randomness.
 * A step that may be tried again looks up the provider's state first, so that a new key can't cause a second effect.
 */
export function intentKey(attemptId: string, step: IntentStep, tries: number): string {
  return tries === 1 ? `${attemptId}:${step}` : `${attemptId}:${step}:${tries}`;
}
