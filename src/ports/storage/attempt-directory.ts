import type { Attempt, AttemptPatch, AttemptStatus, StepName } from '../../domain/attempt.ts';
import type { Outcome, TripStatus, TripTransition } from '../../domain/trip.ts';
import type { OutboxJob } from '../outbox.ts';
import type { VendorRefs } from '../webhooks.ts';
import type { AuditEntry } from './audit.ts';

/** An attempt as it is seen outside its saga: by a webhook, a vendor's list, a sweep. */
export interface AttemptSummary {
  readonly id: string;
  readonly tripId: string;
  readonly number: number;
  readonly status: AttemptStatus;
  readonly step: StepName;
  readonly epoch: number;
  readonly correlationId: string;
  readonly paymentIntentId: string | null;
  readonly orderId: string | null;
}

/** What a seller said of an order whose outcome is unknown. */
export interface OrderNews {
  /** It named an order, which its lists may not show yet. */
  readonly orderId?: string | undefined;
  /** It said that it made none. */
  readonly failed?: boolean | undefined;
}

/** An attempt that storage never had or has forgotten. */
export interface ImportedAttempt extends Pick<Attempt, 'id' | 'tripId' | 'userId' | 'correlationId'> {
  readonly patch: AttemptPatch;
}

/** Attempts in storage, for those who come from outside the saga. */
export interface AttemptDirectoryStore {
  /** The newest attempt that any of these names. */
  findByRefs(refs: VendorRefs): Promise<AttemptSummary | undefined>;
  byIds(ids: readonly string[]): Promise<AttemptSummary[]>;
  /**
   * Runs `work` in one transaction.
   * @returns undefined, and nothing is written, when the trip has another live attempt
   */
  transaction<T>(work: (trx: AttemptDirectoryTransaction) => Promise<T>): Promise<T | undefined>;
}

/** Verbs of one transaction on attempts and their trips. */
export interface AttemptDirectoryTransaction {
  lockTrip(id: string): Promise<
    | {
        readonly autoBookStatus: TripStatus;
        readonly outcome: Outcome;
        readonly userId: string;
        readonly correlationId: string;
      }
    | undefined
  >;
  moveTrip(id: string, transition: TripTransition): Promise<boolean>;
  /**
   * Makes an attempt live again, under the next epoch and without a claim.
   * @returns the id of its user; undefined when the attempt changed since it was read
   */
  reopen(attempt: AttemptSummary, patch: AttemptPatch): Promise<string | undefined>;
  /** Inserts an attempt under the trip's next number, past its deadline: nothing new may begin in it. @returns the number */
  insert(attempt: ImportedAttempt): Promise<number>;
  /**
   * Lets a waiting attempt be claimed at once, and notes what is new about its order. A worker that is looking its order, or
   * the traveller's confirmation, up at this moment may have read the vendor before the news: it is fenced.
   * @returns false when the attempt is over
   */
  wake(attemptId: string, news: OrderNews): Promise<boolean>;
  audit(entry: AuditEntry): Promise<void>;
  enqueue(job: OutboxJob): Promise<void>;
}
