import { type Kysely, sql } from 'kysely';
import type { RefundStatus } from '../domain/refund.ts';
import type { RefundChange, RefundedPayment, RefundsWrite, StoredRefund } from '../ports/storage/refunds.ts';
import { SUMMARY_COLUMNS } from './attempts.ts';
import type { DB, Db, Trx } from './client/index.ts';
import { paidElsewhereOf } from './paid-elsewhere.ts';

/** Failed refunds of an attempt, by the provider's ids, that others have made good. */
export async function resolveFailedRefunds(
  trx: Trx,
  attemptId: string,
  providerRefundIds: readonly string[],
): Promise<void> {
  await trx
    .updateTable('refunds')
    .set({ resolvedAt: sql`now()`, updatedAt: sql`now()` })
    .where('attemptId', '=', attemptId)
    .where('providerRefundId', 'in', [...providerRefundIds])
    .where('status', 'in', ['failed', 'canceled'])
    .where('resolvedAt', 'is', null)
    .execute();
}

/** A payment with its refunds, locked in the order in which the sagas lock: booking, cancellation, refunds. */
export async function lockPayment(trx: Trx, paymentIntentId: string): Promise<RefundedPayment | undefined> {
  const attempt = await trx
    .selectFrom('bookingAttempts')
    .select([...SUMMARY_COLUMNS, 'userId', 'amountMinor'])
    .where('paymentIntentId', '=', paymentIntentId)
    .executeTakeFirst();
  if (!attempt) return undefined;
  const booking = await trx
    .selectFrom('flightBookings')
    .select(['id', 'status', 'refundedMinor'])
    .where('attemptId', '=', attempt.id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const cancellation =
    booking &&
    (await trx
      .selectFrom('cancellations')
      .select(['id', 'status', 'step', 'refundMinor'])
      .select(paidElsewhereOf('cancellations.attemptId').as('paidElsewhereMinor'))
      .where('bookingId', '=', booking.id)
      .orderBy('number', 'desc')
      .limit(1)
      .forNoKeyUpdate()
      .executeTakeFirst());
  return {
    attempt: { ...attempt, amountMinor: attempt.amountMinor ?? 0 },
    booking: booking ?? null,
    cancellation: cancellation ?? null,
    refunds: await lockRefunds(trx, paymentIntentId),
  };
}

async function lockRefunds(trx: Trx, paymentIntentId: string): Promise<StoredRefund[]> {
  const rows = await trx
    .selectFrom('refunds')
    .select([
      'id',
      'providerRefundId',
      'key',
      'amountMinor',
      'currency',
      'status',
      'pendingReason',
      'failureReason',
    ])
    .select(sql<boolean>`resolved_at is not null`.as('resolved'))
    .select(sql<number>`extract(epoch from clock_timestamp() - requested_at)::float8 * 1000`.as('ageMs'))
    .where('paymentIntentId', '=', paymentIntentId)
    .orderBy('requestedAt')
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(({ amountMinor, currency, ...row }) => ({
    ...row,
    amount: { minor: amountMinor, currency },
  }));
}

/** Writes what became of a payment's refunds. All of them count as looked at. */
export async function writeRefunds(
  trx: Trx,
  paymentIntentId: string,
  { attempt, booking }: RefundedPayment,
  { changes, found }: RefundsWrite,
): Promise<void> {
  for (const change of changes) await changeRefund(trx, change);
  for (const { id, key, amount, status, pendingReason, failureReason, createdAt } of found)
    await trx
      .insertInto('refunds')
      .values({
        attemptId: attempt.id,
        bookingId: booking?.id ?? null,
        tripId: attempt.tripId,
        userId: attempt.userId,
        paymentIntentId,
        providerRefundId: id,
        key,
        amountMinor: amount.minor,
        currency: amount.currency,
        status,
        pendingReason,
        failureReason,
        requestedAt: createdAt,
        ...(isFinal(status) && { settledAt: sql<Date>`now()` }),
      })
      // The intent's own transaction may have made the row since.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  await trx
    .updateTable('refunds')
    .set({ lookedAt: sql`now()` })
    .where('paymentIntentId', '=', paymentIntentId)
    .execute();
}

const isFinal = (status: RefundStatus): boolean => ['succeeded', 'failed', 'canceled'].includes(status);

async function changeRefund(trx: Trx, { id, status, resolved, ...same }: RefundChange): Promise<void> {
  await trx
    .updateTable('refunds')
    .set({
      ...same,
      ...(status && { status }),
      ...(status && isFinal(status) && { settledAt: sql<Date>`coalesce(settled_at, now())` }),
      ...(resolved && { resolvedAt: sql<Date>`now()` }),
      updatedAt: sql`now()`,
    })
    .where('id', '=', id)
    .execute();
}

/** Sends a cancellation that was done back to its refund, unless a person's decision about one is being carried out. */
export async function reopenCancellation(trx: Trx, id: string): Promise<void> {
  await trx
    .updateTable('cancellations')
    .set({
      status: 'PENDING',
      step: 'refund',
      epoch: sql`epoch + 1`,
      leaseUntil: null,
      finishedAt: null,
      updatedAt: sql`now()`,
    })
    .where('id', '=', id)
    .where('status', '=', 'DONE')
    .where(({ not, exists }) =>
      not(
        exists(
          sql`(select from case_actions d join refunds f on f.id::text = d.case_id
            where f.attempt_id = cancellations.attempt_id and d.state = 'ACCEPTED')`,
        ),
      ),
    )
    .execute();
}

/** A refund that succeeded may fail within about 30 days. Source: Stripe, "Refund and cancel payments". */
const MAY_FAIL_FOR = sql.lit('35 days');

/** Payments with a refund that is due for another look, longest waiting first. */
export async function dueRefunds(db: Db | Kysely<DB>, limit: number): Promise<string[]> {
  const { rows } = await sql<{ paymentIntentId: string }>`
    select payment_intent_id as "paymentIntentId" from (
      select payment_intent_id, coalesce(looked_at, requested_at) as seen from refunds
      where status in ('requested', 'pending', 'requires_action')
        and coalesce(looked_at, requested_at)
          < now() - case when requested_at > now() - interval '1 hour' then interval '1 minute' else interval '1 hour' end
      union all
      select payment_intent_id, coalesce(looked_at, requested_at) from refunds
      where status = 'succeeded' and coalesce(looked_at, requested_at) < now() - interval '1 day'
        and settled_at > now() - interval ${MAY_FAIL_FOR}
      union all
      select payment_intent_id, coalesce(looked_at, requested_at) from refunds
      where status in ('failed', 'canceled') and resolved_at is null
        and coalesce(looked_at, requested_at) < now() - interval '1 day'
      union all
      -- One that failed while its cancellation ended.
      select r.payment_intent_id, coalesce(r.looked_at, r.requested_at) from refunds r
      join cancellations c on c.booking_id = r.booking_id and c.status = 'DONE'
      where r.status in ('failed', 'canceled') and r.resolved_at is null
        and coalesce(r.looked_at, r.requested_at) < now() - interval '1 minute'
    ) as due group by payment_intent_id order by min(seen) limit ${limit}`.execute(db);
  return rows.map(({ paymentIntentId }) => paymentIntentId);
}
