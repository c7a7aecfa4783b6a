import type { JobName, Payload } from '../queues/index.ts';

/** How a job ended. Everything else is thrown: Retryable, Permanent, OutcomeUnknown; an unknown error is retryable. */
export type Result =
  | { readonly kind: 'done'; readonly value?: unknown }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'snooze'; readonly ms: number; readonly reason: string };

export const done = (value?: unknown): Result => ({ kind: 'done', value });
/** There was nothing to do. */
export const skip = (reason: string): Result => ({ kind: 'skip', reason });
/** The job runs again after `ms`, and no attempt is spent. */
export const snooze = (ms: number, reason: string): Result => ({ kind: 'snooze', ms, reason });

export interface JobContext {
  /** Aborted when the job exceeds its timeout or the worker must stop. */
  readonly signal: AbortSignal;
  readonly correlationId: string | null;
  /** How often this job was started before. */
  readonly tries: number;
  /** No further attempt follows this one. */
  readonly lastTry: boolean;
}

export type Handler<Name extends JobName> = (payload: Payload<Name>, context: JobContext) => Promise<Result>;

/** One handler per job; a missing one does not compile. */
export type Handlers = { readonly [Name in JobName]: Handler<Name> };
