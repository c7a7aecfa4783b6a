import { type RawBuilder, sql } from 'kysely';
import type { Attempt } from '../domain/attempt.ts';
import type { IntentStep, PastIntent } from '../domain/saga.ts';
import { Fenced } from '../errors.ts';
import type { Claim } from '../ports/storage/saga.ts';
import { ATTEMPT_COLUMNS, fromColumns } from './attempt-columns.ts';
import type { Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

const fromNow = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`;

/** A waiting attempt may be claimed this much before its time: the queue's delays follow the workers' clocks, which differ. */
const EARLY_CLAIM = sql`interval '30 seconds'`;

/**
 * Claims live attempts that no worker has claimed, and raises their epochs. One that waits is left alone until its time.
 * @returns one result per id, in order; null when the attempt is over, or claimed, also by an earlier place in the same batch
 */
export async function claimAttempts(
  db: Db,
  ids: readonly string[],
  claimMs: number,
): Promise<(Claim<Attempt> | null)[]> {
  const rows = new Map((await claimed(db, { ids, claimMs })).map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = rows.get(id);
    rows.delete(id);
    return row ? toClaimed(row) : null;
  });
}

function toClaimed(row: Awaited<ReturnType<typeof claimed>>[number]): Claim<Attempt> {
  const { autoBookStatus, searchKey, searchParams, criteria, maxPriceMinor, capCurrency, ...rest } = row;
  const { intents, stripeCustomerId: customerId, stripePaymentMethodId, ...own } = rest;
  const payer = customerId ? { customerId, paymentMethodId: stripePaymentMethodId } : null;
  const mandate = { minor: maxPriceMinor, currency: capCurrency };
  const trip = { status: autoBookStatus, searchKey, searchParams, criteria, mandate, payer };
  return { subject: { ...fromColumns(own), trip }, intents };
}

const claimed = precompiled((db, { ids, claimMs }: { ids: readonly string[]; claimMs: number }) =>
  db
    .with('claimed', (cte) =>
      cte
        .updateTable('bookingAttempts')
        .set({ epoch: sql`epoch + 1`, leaseUntil: fromNow(claimMs), resumeAt: null, updatedAt: sql`now()` })
        .where('id', '=', sql<string>`any (${ids}::uuid[])`)
        .where('status', '=', 'PENDING')
        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
        .where((eb) =>
          eb.or([eb('resumeAt', 'is', null), eb('resumeAt', '<=', sql<Date>`now() + ${EARLY_CLAIM}`)]),
        )
        .returning(ATTEMPT_COLUMNS),
    )
    .selectFrom('claimed as a')
    .innerJoin('tripRequests as t', 't.id', 'a.tripId')
    .innerJoin('users as u', 'u.userId', 't.userId')
    .leftJoin('paymentMethods as p', (join) =>
      join.onRef('p.id', '=', 't.paymentMethodId').onRef('p.userId', '=', 't.userId'),
    )
    .select(ATTEMPT_COLUMNS.map((column) => `a.${column}` as const))
    .select(['t.autoBookStatus', 't.searchKey', 't.searchParams', 't.criteria', 't.maxPriceMinor'])
    .select([
      't.currency as capCurrency',
      'u.stripeCustomerId',
      'p.stripePaymentMethodId',
      intentsOf('a.id'),
    ]),
);

/** The intents recorded for an attempt, as JSON. */
const intentsOf = (attemptId: string) =>
  sql<PastIntent[]>`coalesce((
    select jsonb_agg(jsonb_build_object('step', s.step, 'key', s.key, 'tries', s.tries, 'outcome', s.outcome,
      'orderId', s.result->>'orderId', 'pauseMs', (s.result->>'pauseMs')::float8,
      'ageMs', extract(epoch from clock_timestamp() - s.intended_at)::float8 * 1000))
    from booking_steps s where s.attempt_id = ${sql.ref(attemptId)}), '[]')`.as('intents');

/** Changes how long the claim lasts, if its epoch is still the caller's. @throws Fenced */
async function setLease(
  db: Db,
  { id, epoch }: Attempt,
  lease: { leaseUntil: RawBuilder<Date> | null; resumeAt?: RawBuilder<Date> },
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('bookingAttempts')
    .set({ ...lease, updatedAt: sql`now()` })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('status', '=', 'PENDING')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Fenced(`attempt ${id} is past epoch ${epoch}`);
}

export const renewLease = (db: Db, attempt: Attempt, claimMs: number): Promise<void> =>
  setLease(db, attempt, { leaseUntil: fromNow(claimMs) });
/** @param waitMs no worker claims it sooner than this, in ms */
export const dropLease = (db: Db, attempt: Attempt, waitMs?: number): Promise<void> =>
  setLease(db, attempt, { leaseUntil: null, ...(waitMs !== undefined && { resumeAt: fromNow(waitMs) }) });

/** The outcome of a step's intent, if one was ever recorded. */
export function findIntentOutcome(db: Db, attemptId: string, step: IntentStep) {
  return db
    .selectFrom('bookingSteps')
    .select('outcome')
    .where('attemptId', '=', attemptId)
    .where('step', '=', step)
    .executeTakeFirst();
}

/** The columns of an attempt that are read outside its saga. */
export const SUMMARY_COLUMNS = [
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
 * Abandoned attempts: the claim of their worker lapsed, or no job has run them for `idleMs` since they last changed or, if
 * they wait, since their time came.
 */
export function abandonedAttempts(db: Db, idleMs: number, limit: number) {
  const idleSince = sql<Date>`now() - ${idleMs} * interval '1 millisecond'`;
  return db
    .selectFrom('bookingAttempts')
    .select(SUMMARY_COLUMNS)
    .where('status', '=', 'PENDING')
    .where((eb) =>
      eb.or([
        eb('leaseUntil', '<', sql<Date>`now()`),
        eb.and([eb('leaseUntil', 'is', null), eb(sql`greatest(resume_at, updated_at)`, '<', idleSince)]),
      ]),
    )
    .orderBy('startedAt')
    .limit(limit)
    .execute();
}
