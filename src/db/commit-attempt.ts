import { type Kysely, sql } from 'kysely';
import type { Attempt, AttemptStatus, MoneyStep, StepName, Unwind } from '../domain/attempt.ts';
import type { Offer } from '../domain/offer.ts';
import type { Outcome, TripStatus } from '../domain/trip.ts';
import { Fenced } from '../errors.ts';
import type { DB } from './client.ts';
import type { FuseReason } from './fuse.ts';
import { gathered } from './gathered.ts';

/** What one commit of the saga changes: one of the batch of `commit_attempts`, explained in migrations/0004. */
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

/** Raised by `commit_attempts` for an epoch that is no longer the newest. */
const PAST_EPOCH = 'PF001';

/** What is written of one attempt. */
interface Write {
  readonly attempt: Pick<Attempt, 'id' | 'epoch' | 'tripId' | 'userId' | 'correlationId'>;
  readonly what: Commit;
}

/** @throws Fenced when the attempt's epoch is no longer the caller's; then nothing was written of it */
export type Committer = (attempt: Write['attempt'], what: Commit) => Promise<Committed>;

/**
 * Writes state, evidence, outbox and the next intent of attempts, those that move in the same moment in one transaction
 * and one round trip. It commits by itself, and so can't be part of another transaction.
 *
 * Nobody pays for another: one whose trip is in other hands just then, or whose epoch is past, is left out of the batch, and
 * written alone.
 */
export function createCommitter(db: Kysely<DB>): Committer {
  const together = gathered<Write, Committed | null>(async (writes) => {
    const answers = await write(db, writes, false);
    return writes.map((_, n) => answers.get(n) ?? null);
  });
  return async (attempt, what) => (await together({ attempt, what })) ?? alone(db, { attempt, what });
}

async function alone(db: Kysely<DB>, one: Write): Promise<Committed> {
  try {
    return (await write(db, [one], true)).get(0) as Committed;
  } catch (error) {
    if ((error as { code?: string }).code === PAST_EPOCH) throw new Fenced((error as Error).message);
    throw error;
  }
}

/** @returns what was written, by place */
async function write(
  db: Kysely<DB>,
  writes: readonly Write[],
  alone: boolean,
): Promise<Map<number, Committed>> {
  const batch = writes.map(({ attempt: { id, epoch, tripId, userId, correlationId }, what }, n) => ({
    ...{ n, id, epoch, tripId, userId, correlationId },
    ...what,
  }));
  const { rows } = await sql<{ answers: (Committed & { n: number })[] }>`
    call commit_attempts(${JSON.stringify(batch)}, ${alone}, null)`.execute(db);
  return new Map(rows[0]?.answers.map(({ n, ...answer }) => [n, answer]));
}
