import { sql, type UpdateObject } from 'kysely';
import { type Attempt, type MoneyStep, stepKey } from '../domain/attempt.ts';
import type { Change, Intent, IntentMode } from '../domain/attempt-change.ts';
import { Fenced } from '../errors.ts';
import type { DB, Db, Trx } from './client.ts';

const leaseEnd = (claimMs: number) => sql<Date>`now() + ${claimMs} * interval '1 millisecond'`;

/** Begins an attempt on a trip the caller has just moved to BOOKING, in the same transaction. */
export function insertAttempt(
  trx: Db,
  attempt: {
    tripId: string;
    userId: string;
    deadline: Date;
    wantedItinerary: string | null;
    correlationId: string;
  },
) {
  const next = sql<number>`(select coalesce(max(number), 0) + 1 from booking_attempts where trip_id = ${attempt.tripId})`;
  return trx
    .insertInto('bookingAttempts')
    .values({ ...attempt, number: next, idempotencyKey: sql`${`book-${attempt.tripId}-`} || ${next}` })
    .returning(['id', 'number', 'tripId'])
    .executeTakeFirstOrThrow();
}

/** Takes a live attempt nobody holds, and raises its epoch. */
export async function claimAttempt(db: Db, attemptId: string, claimMs: number): Promise<Attempt | null> {
  const claimed = await db
    .updateTable('bookingAttempts')
    .set({ epoch: sql`epoch + 1`, leaseUntil: leaseEnd(claimMs), updatedAt: sql`now()` })
    .where('id', '=', attemptId)
    .where('status', '=', 'PENDING')
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .returning('id')
    .executeTakeFirst();
  return claimed ? readAttempt(db, attemptId) : null;
}

async function readAttempt(db: Db, attemptId: string): Promise<Attempt> {
  const row = await db
    .selectFrom('bookingAttempts as a')
    .innerJoin('tripRequests as t', 't.id', 'a.tripId')
    .selectAll('a')
    .select([
      't.autoBookStatus',
      't.searchKey',
      't.searchParams',
      't.criteria',
      't.maxPriceMinor',
      't.currency as capCurrency',
    ])
    .where('a.id', '=', attemptId)
    .executeTakeFirstOrThrow();
  const {
    autoBookStatus,
    searchKey,
    searchParams,
    criteria,
    maxPriceMinor,
    capCurrency,
    orderFacts,
    ...attempt
  } = row;
  return {
    ...attempt,
    order: orderFacts,
    trip: {
      status: autoBookStatus,
      searchKey,
      searchParams,
      criteria,
      mandate: { minor: maxPriceMinor, currency: capCurrency },
    },
  };
}

/** Changes the attempt, if its epoch is still the caller's. @throws Fenced */
export async function updateFenced(trx: Db, attempt: Attempt, set: AttemptColumns): Promise<void> {
  const result = await patchAttempt(trx, attempt, set).executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new Fenced(`attempt ${attempt.id} is past epoch ${attempt.epoch}`);
}

function patchAttempt(trx: Db, attempt: Attempt, set: AttemptColumns) {
  return trx
    .updateTable('bookingAttempts')
    .set({ ...set, updatedAt: sql`now()` })
    .where('id', '=', attempt.id)
    .where('epoch', '=', attempt.epoch)
    .where('status', '=', 'PENDING');
}

type AttemptColumns = UpdateObject<DB, 'bookingAttempts'>;

export const renewLease = (db: Db, attempt: Attempt, claimMs: number): Promise<void> =>
  updateFenced(db, attempt, { leaseUntil: leaseEnd(claimMs) });
export const dropLease = (db: Db, attempt: Attempt): Promise<void> =>
  updateFenced(db, attempt, { leaseUntil: null });

/** Commits the intent of a money step. The row is locked first, so that two workers can't both believe they are first. */
export async function intendStep(
  trx: Trx,
  attempt: Attempt,
  step: MoneyStep,
  request: Record<string, unknown>,
  mode: IntentMode,
  claimMs: number,
  /** Asked before a call is made, for the first time or again; what it gives is why it may not be. */
  mayBegin: (fresh: boolean) => Promise<Intent['stop']> = async () => null,
): Promise<Intent> {
  await updateFenced(trx, attempt, { leaseUntil: leaseEnd(claimMs) });
  const known = await stepOf(trx, attempt.id, step);
  const anew = known && (mode === 'again' || known.outcome === 'not_attempted');
  const tries = anew ? known.tries + 1 : (known?.tries ?? 1);
  const key = stepKey(attempt.id, step, tries);
  const fresh = !known || anew === true;
  const stop = await mayBegin(fresh);
  if (known && !anew)
    return { stop, key: known.key, fresh: false, ageMs: known.ageMs, outcome: known.outcome };
  if (stop) return { stop, key, fresh: true, ageMs: 0, outcome: null };
  const row = {
    key,
    tries,
    epoch: attempt.epoch,
    request: JSON.stringify(request),
    outcome: null,
    settledAt: null,
    intendedAt: sql<Date>`now()`,
  };
  await trx
    .insertInto('bookingSteps')
    .values({ attemptId: attempt.id, step, userId: attempt.userId, ...row })
    .onConflict((conflict) => conflict.columns(['attemptId', 'step']).doUpdateSet(row))
    .execute();
  return { stop: null, key, fresh: true, ageMs: 0, outcome: null };
}

/** Since the intent was last committed, by the database's clock. */
const AGE_MS = sql<number>`extract(epoch from clock_timestamp() - intended_at)::float8 * 1000`.as('ageMs');

export function stepOf(db: Db, attemptId: string, step: MoneyStep) {
  return db
    .selectFrom('bookingSteps')
    .select(['key', 'tries', 'outcome'])
    .select(AGE_MS)
    .where('attemptId', '=', attemptId)
    .where('step', '=', step)
    .executeTakeFirst();
}

export async function settleStep(
  trx: Db,
  attemptId: string,
  settle: NonNullable<Change['settle']>,
): Promise<void> {
  await trx
    .updateTable('bookingSteps')
    .set({ outcome: settle.outcome, result: JSON.stringify(settle.result ?? {}), settledAt: sql`now()` })
    .where('attemptId', '=', attemptId)
    .where('step', '=', settle.step)
    .execute();
}

/** What those need of an attempt who come to it from outside the saga. */
export const KNOWN_BY = [
  'id',
  'tripId',
  'number',
  'status',
  'step',
  'epoch',
  'correlationId',
  'paymentIntentId',
  'orderId',
] as const;

/**
 * Attempts that stand still: their worker died and its claim lapsed, or nobody has come back to them for `idleMs`, longer
 * than any wait the saga asks for.
 */
export function abandonedAttempts(db: Db, idleMs: number, limit: number) {
  const idleSince = sql<Date>`now() - ${idleMs} * interval '1 millisecond'`;
  return db
    .selectFrom('bookingAttempts')
    .select(KNOWN_BY)
    .where('status', '=', 'PENDING')
    .where((eb) =>
      eb.or([
        eb('leaseUntil', '<', sql<Date>`now()`),
        eb.and([eb('leaseUntil', 'is', null), eb('updatedAt', '<', idleSince)]),
      ]),
    )
    .orderBy('updatedAt')
    .limit(limit)
    .execute();
}
