import type { AttemptPatch } from '../../domain/attempt.ts';
import type { CancellationPatch } from '../../domain/cancellation.ts';
import type { CaseAction, CaseProposal, CaseStatement, CaseTerms, OpenCase } from '../../domain/case.ts';
import type { EventType } from '../../domain/event-types.ts';
import type { TripStatus, TripTransition } from '../../domain/trip.ts';
import type { OutboxJob } from '../outbox.ts';
import type { AuditEntry } from './audit.ts';
import type { CancellationEnd } from './cancellations.ts';
import type { OpsAuditEntry } from './ops-audits.ts';

/** A decision as it is kept. */
export interface CaseActionRecord {
  readonly id: string;
  readonly caseId: string;
  readonly version: string;
  readonly action: CaseAction;
  readonly statement: CaseStatement;
  readonly reason: string;
  readonly actor: string;
  /** Who confirmed it, where two people are needed. */
  readonly secondActor: string | null;
  /** `ACCEPTED` while a job carries it out. */
  readonly state: 'ACCEPTED' | 'DONE' | 'FAILED';
}

/** A decision with the case it was taken on, for the job that carries it out. */
export interface AcceptedAction extends CaseActionRecord {
  /** Null when it no longer waits. */
  readonly case: OpenCase | null;
}

/** Cases in storage: rows that wait for a person, and what people do about them. */
export interface CaseStore {
  /** What waits, the nearest deadline first. */
  open(limit: number): Promise<readonly OpenCase[]>;
  find(id: string): Promise<OpenCase | undefined>;
  /** The newest decision about a case, whether or not the case is still open. */
  lastAction(caseId: string): Promise<CaseActionRecord | undefined>;
  /** An accepted decision; undefined once it is finished. */
  accepted(actionId: string): Promise<AcceptedAction | undefined>;
  /** Accepted decisions that no job has finished for `idleMs`. */
  unfinished(
    idleMs: number,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly caseId: string }[]>;
  /** Closes an accepted decision. An orphan that is dealt with, or a refund that is made good, is settled with it. */
  finish(
    action: AcceptedAction,
    end: {
      readonly state: 'DONE' | 'FAILED';
      readonly outcome: string;
      /** Committed with it, once it is done. */
      readonly jobs?: readonly OutboxJob[];
    },
  ): Promise<void>;
  /** What an operator tried and was refused, as evidence. */
  recordRefusal(entry: OpsAuditEntry): Promise<void>;
  /** Runs `work` in one transaction; those on one case run one after the other. What it throws rolls it back. */
  transaction<T>(
    one: Pick<OpenCase, 'id' | 'kind' | 'attemptId'>,
    work: (trx: CaseTransaction) => Promise<T>,
  ): Promise<T>;
}

/** Verbs of one transaction on a case. Those that change the row that waits answer false when it changed since it was read. */
export interface CaseTransaction {
  /** The case as it is now. */
  read(): Promise<OpenCase | undefined>;
  /** Who deals with the case from now on, as it is at this version. */
  recordTaker(who: string, version: string): Promise<void>;
  propose(proposal: Omit<CaseProposal, 'at'>): Promise<void>;
  /** @returns false when a decision on this version exists */
  recordAction(action: CaseActionRecord): Promise<boolean>;
  lockTrip(id: string): Promise<TripStatus | undefined>;
  moveTrip(id: string, transition: TripTransition): Promise<boolean>;
  /** Makes the attempt live again under the next epoch, so that a worker at it is fenced. */
  reopenAttempt(
    one: OpenCase,
    patch: AttemptPatch & { readonly caseTerms: CaseTerms },
    orderOutcome: string | null,
  ): Promise<{ readonly tripId: string; readonly number: number } | undefined>;
  /** Makes the cancellation live again under the next epoch. @returns the id of its booking */
  resumeCancellation(one: OpenCase, patch: CancellationPatch): Promise<string | undefined>;
  endCancellation(one: OpenCase, patch: CancellationPatch, end: CancellationEnd): Promise<boolean>;
  closeOrphan(one: OpenCase, outcome: string): Promise<boolean>;
  /** A person or another refund made good what this one did not bring back. */
  resolveRefund(one: OpenCase): Promise<boolean>;
  audit(entry: AuditEntry & { readonly type: EventType }): Promise<void>;
  opsAudit(entry: OpsAuditEntry): Promise<void>;
  enqueue(job: OutboxJob): Promise<void>;
}
