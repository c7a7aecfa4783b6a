import type { IntentOutcome, PastIntent, SagaEvent } from '../../domain/saga.ts';
import type { Outcome, TripTransition } from '../../domain/trip.ts';
import type { FuseCheck } from './fuse-check.ts';
import type { NotificationRequest } from './notifications.ts';

/** What a saga works on, as its worker claimed it. */
export interface SagaSubject {
  readonly id: string;
  readonly step: string;
  readonly epoch: number;
}

/** A subject just claimed, with the intents recorded for it so far. */
export interface Claim<Subject> {
  readonly subject: Subject;
  readonly intents: readonly PastIntent[];
}

/** The intent of a call about to be made. */
export interface NewIntent extends Pick<PastIntent, 'step' | 'key' | 'tries'> {
  readonly request: Record<string, unknown>;
}

/** Everything one commit of a saga changes: the only shape between a saga and its storage. */
export interface SagaWrite<Patch, End> {
  readonly patch: Patch;
  readonly outcomes: readonly IntentOutcome[];
  readonly events: readonly SagaEvent[];
  /** The flags of the moment, stored beside what was decided. */
  readonly flags?: Record<string, boolean>;
  /** What the traveller reads while the trip is being worked on. */
  readonly tripOutcome?: Outcome;
  /** How the trip moves while the saga goes on; at its end `end` says so. */
  readonly trip?: TripTransition;
  /** What people are told while the saga goes on; at its end `end` says so. */
  readonly notifications?: readonly NotificationRequest[];
  readonly intent?: NewIntent;
  readonly fuse?: FuseCheck;
  /** What the end of the saga means for everything around its subject. */
  readonly end?: End;
}

/** What a commit of a saga answers. */
export interface WriteResult {
  /** Why the fuse refused the intent: everything but the intent was written. */
  readonly stop: string | null;
  /** Whether this commit blew the fuse. */
  readonly blown: boolean;
}

/**
 * A saga's storage. Every write but `claim` carries the subject's epoch and throws Fenced when it is no longer the newest;
 * then nothing was written.
 */
export interface SagaStore<Subject extends SagaSubject, Patch, End> {
  /** Claims the subject and raises its epoch; null when it is over, or claimed by another worker. */
  claim(id: string): Promise<Claim<Subject> | null>;
  /** Extends the claim through a long call. */
  renew(subject: Subject): Promise<void>;
  /**
   * Ends the claim, so that the next worker need not wait for it to lapse.
   * @param waitMs no claim succeeds sooner than this, in ms, unless there is news of the subject; stores may ignore it
   */
  release(subject: Subject, waitMs?: number): Promise<void>;
  /** Commits state, audit log, outbox and the next intent in one transaction, and extends the claim. */
  commit(subject: Subject, write: SagaWrite<Patch, End>): Promise<WriteResult>;
}
