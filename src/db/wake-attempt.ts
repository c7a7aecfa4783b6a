import { sql } from 'kysely';
import type { OrderNews } from '../ports/storage/attempt-directory.ts';
import type { Db } from './client/index.ts';

/**
 * Lets a waiting attempt be claimed at once, and notes what is new about its order. A worker that is looking the order, or a
 * confirmation, up is fenced: what it read may be older than the news.
 * @returns false when the attempt is over
 */
export async function wakeAttempt(
  trx: Db,
  id: string,
  { orderId, failed = false }: OrderNews,
): Promise<boolean> {
  const named = orderId !== undefined || failed;
  const looking = sql<boolean>`(step = 'settle' and ${named} or step = 'confirm_payment')`;
  const { numUpdatedRows } = await trx
    .updateTable('bookingAttempts')
    .set({
      resumeAt: null,
      updatedAt: sql`now()`,
      epoch: sql`epoch + ${looking}::int`,
      leaseUntil: sql`case when ${looking} then null else lease_until end`,
      ...(orderId !== undefined && {
        hintedOrderIds: sql<string[]>`array_append(array_remove(hinted_order_ids, ${orderId}), ${orderId})`,
      }),
      ...(failed && { orderFailedAt: sql<Date>`coalesce(order_failed_at, now())` }),
    })
    .where('id', '=', id)
    .where('status', '=', 'PENDING')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The same, when its traveller says that they have confirmed the payment. @returns the attempt's epoch now */
export async function wakeForTraveller(trx: Db, id: string): Promise<number> {
  await wakeAttempt(trx, id, {});
  const { epoch } = await trx
    .selectFrom('bookingAttempts')
    .select('epoch')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return epoch;
}

/**
 * Notes that the traveller wants to wait no longer for an order of unknown outcome, and fences the worker that looks it up.
 * @returns the new epoch
 */
export async function requestRelease(trx: Db, id: string): Promise<number> {
  const { epoch } = await trx
    .updateTable('bookingAttempts')
    .set({
      releaseRequestedAt: sql<Date>`coalesce(release_requested_at, now())`,
      epoch: sql`epoch + 1`,
      leaseUntil: null,
      resumeAt: null,
      updatedAt: sql`now()`,
    })
    .where('id', '=', id)
    .returning('epoch')
    .executeTakeFirstOrThrow();
  return epoch;
}
