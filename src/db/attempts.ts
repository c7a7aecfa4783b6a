import { type RawBuilder, sql } from 'kysely';
import type { Attempt, MoneyStep } from '../domain/attempt.ts';
import type { PastIntent } from '../domain/attempt-change.ts';
import { Fenced } from '../errors.ts';
import type { Db } from './client.ts';
import { compiled } from './compiled.ts';

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

/** An attempt's own columns, as the saga knows it. */
const OWN = [
  ...(['id', 'tripId', 'userId', 'number', 'status', 'step', 'epoch', 'deadline', 'correlationId'] as const),
  ...(['wantedItinerary', 'offer', 'paymentIntentId', 'captureBefore', 'orderFacts', 'unwind'] as const),
] as const;

/** An attempt that is the caller's now, with its trip, and the calls announced for it. */
export interface ClaimedAttempt {
  readonly attempt: Attempt;
  readonly intents: readonly PastIntent[];
}

/**
 * Takes live attempts nobody holds, and raises their epochs.
 * @returns one for each id in turn; null for one that is over or in other hands, also in those of an earlier place
 */
export async function claimAttempts(
  db: Db,
  ids: readonly string[],
  claimMs: number,
): Promise<(ClaimedAttempt | null)[]> {
  const rows = new Map((await claimed(db, { ids, claimMs })).map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = rows.get(id);
    rows.delete(id);
    return row ? toClaimed(row) : null;
  });
}

function toClaimed(row: Awaited<ReturnType<typeof claimed>>[number]): ClaimedAttempt {
  const { autoBookStatus, searchKey, searchParams, criteria, maxPriceMinor, capCurrency, ...rest } = row;
  const { orderFacts, intents, stripeCustomerId: customerId, stripePaymentMethodId, ...own } = rest;
  const payer = customerId ? { customerId, paymentMethodId: stripePaymentMethodId } : null;
  const mandate = { minor: maxPriceMinor, currency: capCurrency };
  const trip = { status: autoBookStatus, searchKey, searchParams, criteria, mandate, payer };
  return { attempt: { ...own, order: orderFacts, trip }, intents };
}

const claimed = compiled((db, { ids, claimMs }: { ids: readonly string[]; claimMs: number }) =>
  db
    .with('claimed', (cte) =>
      cte
        .updateTable('bookingAttempts')
        .set({ epoch: sql`epoch + 1`, leaseUntil: leaseEnd(claimMs), updatedAt: sql`now()` })
        .where('id', '=', sql<string>`any (${ids}::uuid[])`)
        .where('status', '=', 'PENDING')
        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
        .returning(OWN),
    )
    .selectFrom('claimed as a')
    .innerJoin('tripRequests as t', 't.id', 'a.tripId')
    .innerJoin('users as u', 'u.userId', 't.userId')
    .leftJoin('paymentMethods as p', (join) =>
      join.onRef('p.id', '=', 't.paymentMethodId').onRef('p.userId', '=', 't.userId'),
    )
    .select(OWN.map((column) => `a.${column}` as const))
    .select(['t.autoBookStatus', 't.searchKey', 't.searchParams', 't.criteria', 't.maxPriceMinor'])
    .select([
      't.currency as capCurrency',
      'u.stripeCustomerId',
      'p.stripePaymentMethodId',
      intentsOf('a.id'),
    ]),
);

/** The calls announced for an attempt, as JSON. */
const intentsOf = (attemptId: string) =>
  sql<PastIntent[]>`coalesce((
    select jsonb_agg(jsonb_build_object('step', s.step, 'key', s.key, 'tries', s.tries, 'outcome', s.outcome,
      'ageMs', extract(epoch from clock_timestamp() - s.intended_at)::float8 * 1000))
    from booking_steps s where s.attempt_id = ${sql.ref(attemptId)}), '[]')`.as('intents');

/** Changes how long the claim lasts, if its epoch is still the caller's. @throws Fenced */
async function setLease(db: Db, { id, epoch }: Attempt, leaseUntil: RawBuilder<Date> | null): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('bookingAttempts')
    .set({ leaseUntil, updatedAt: sql`now()` })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('status', '=', 'PENDING')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Fenced(`attempt ${id} is past epoch ${epoch}`);
}

export const renewLease = (db: Db, attempt: Attempt, claimMs: number): Promise<void> =>
  setLease(db, attempt, leaseEnd(claimMs));
export const dropLease = (db: Db, attempt: Attempt): Promise<void> => setLease(db, attempt, null);

/** What became of a step's call, if it was ever announced. */
export function stepOf(db: Db, attemptId: string, step: MoneyStep) {
  return db
    .selectFrom('bookingSteps')
    .select('outcome')
    .where('attemptId', '=', attemptId)
    .where('step', '=', step)
    .executeTakeFirst();
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
    .orderBy('startedAt')
    .limit(limit)
    .execute();
}
