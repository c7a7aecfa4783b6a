import { sql } from 'kysely';
import type { Compensation } from '../domain/attempt.ts';
import type { LockedAttempt, UnconfirmedOrder } from '../ports/storage/trips.ts';
import { findIntentOutcome } from './attempts.ts';
import type { Db, Trx } from './client/index.ts';

/** A trip's attempt that is still open, of which there is at most one, kept from changing until the transaction ends. */
export async function lockLiveAttempt(trx: Trx, tripId: string): Promise<LockedAttempt | undefined> {
  const attempt = await trx
    .selectFrom('bookingAttempts')
    .select(['id', 'number', 'status', 'step', 'paymentIntentId', 'deadline'])
    .where('tripId', '=', tripId)
    .where('status', 'in', ['PENDING', 'NEEDS_HUMAN'])
    .forUpdate()
    .executeTakeFirst();
  if (!attempt) return undefined;
  const order = await findIntentOutcome(trx, attempt.id, 'order');
  return { ...attempt, orderOutcome: order?.outcome };
}

/** Raises the epoch, so that the worker at the attempt is fenced before its next step. @returns the new epoch */
export async function compensateAttempt(trx: Trx, id: string, compensation: Compensation): Promise<number> {
  const { epoch } = await trx
    .updateTable('bookingAttempts')
    .set({
      epoch: sql`epoch + 1`,
      step: 'void',
      unwind: compensation,
      leaseUntil: null,
      resumeAt: null,
      updatedAt: sql`now()`,
    })
    .where('id', '=', id)
    .returning('epoch')
    .executeTakeFirstOrThrow();
  return epoch;
}

/** When an attempt ended with this code, whose order may still turn up, if that is at most `withinMs` ago. */
export async function unconfirmedOrderAt(
  db: Db,
  tripId: string,
  code: UnconfirmedOrder,
  withinMs: number,
): Promise<Date | undefined> {
  const attempt = await db
    .selectFrom('bookingAttempts')
    .select('finishedAt')
    .where('tripId', '=', tripId)
    .where('errorCode', '=', code)
    .where('orderId', 'is', null)
    .where('finishedAt', '>', sql<Date>`now() - ${withinMs} * interval '1 millisecond'`)
    .orderBy('finishedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return attempt?.finishedAt ?? undefined;
}
