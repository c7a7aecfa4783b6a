import { type Kysely, sql } from 'kysely';
import type { AttemptStatus, MoneyStep, StepName, Unwind } from '../domain/attempt.ts';
import type { Offer } from '../domain/offer.ts';
import type { Outcome, TripStatus } from '../domain/trip.ts';
import { Fenced } from '../errors.ts';
import type { DB } from './client.ts';
import type { FuseReason } from './fuse.ts';

/** What one commit of the saga changes: the argument of `commit_attempt`, explained in migrations/0003. */
export interface Commit {
  readonly outcome?: Outcome;
  readonly trip?: {
    readonly from: readonly TripStatus[];
    readonly to: TripStatus;
    readonly outcome: Outcome;
    readonly selectedOfferId?: string | null;
    readonly nextCheckAt?: Date | null;
  };
  readonly attempt?: AttemptColumns;
  readonly settles?: readonly { step: MoneyStep; outcome: string; result?: Record<string, unknown> }[];
  readonly booking?: Readonly<Record<string, unknown>>;
  readonly entries?: readonly { type: string; detail?: Record<string, unknown>; evidence?: unknown }[];
  readonly flags?: Record<string, boolean>;
  readonly tell?: readonly Notice[];
  readonly ifMoved?: { readonly tell?: readonly Notice[]; readonly jobs?: readonly object[] };
  readonly intent?: {
    readonly step: MoneyStep;
    readonly key: string;
    readonly tries: number;
    readonly request: object;
  };
  readonly asksFuse?: true;
  readonly charge?: { minor: number; currency: string; maxHour: number; maxMinute: number };
  readonly leaseMs?: number;
  readonly unknowns?: number;
}

export interface AttemptColumns {
  readonly status?: AttemptStatus;
  readonly step?: StepName;
  readonly offer?: Offer;
  readonly offer_id?: string;
  readonly amount_minor?: number;
  readonly currency?: string;
  readonly payment_intent_id?: string;
  readonly capture_before?: Date | null;
  readonly order_id?: string;
  readonly order_facts?: object;
  readonly unwind?: Unwind;
  readonly error_code?: string;
  readonly error_message?: string;
}

/** A notification with the job that sends it. */
export interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly dedupe_key: string;
  readonly data?: Record<string, unknown>;
  readonly job: object;
}

export interface Committed {
  /** Whether the trip was still where `trip.from` has it. */
  readonly moved: boolean;
  /** Why the announced call may not be made: all but its intent was written. */
  readonly stop: FuseReason | null;
  /** Whether this commit blew the fuse. */
  readonly blown: boolean;
}

/** Raised by `commit_attempt` for an epoch that is no longer the newest. */
const PAST_EPOCH = 'PF001';

/**
 * State, evidence, outbox and the next intent, in one transaction and one round trip. It commits by itself, and so can't be
 * part of another transaction.
 * @throws Fenced when the attempt's epoch is no longer the caller's; then nothing was written
 */
export async function commitAttempt(
  db: Kysely<DB>,
  { id, epoch }: { id: string; epoch: number },
  what: Commit,
): Promise<Committed> {
  try {
    const { rows } = await sql<{ answer: Committed }>`
      call commit_attempt(${id}, ${epoch}, ${JSON.stringify(what)}, null)`.execute(db);
    return (rows[0] as { answer: Committed }).answer;
  } catch (error) {
    if ((error as { code?: string }).code === PAST_EPOCH) throw new Fenced((error as Error).message);
    throw error;
  }
}
