import { type Kysely, sql } from 'kysely';
import type { Dispute } from '../../domain/dispute.ts';
import type { DisputedPayment, DisputeStore } from '../../ports/storage/disputes.ts';
import { audit } from '../audits.ts';
import type { DB, Trx } from '../client/index.ts';
import { insertNotifications } from '../notifications.ts';

/** Disputes in Postgres. */
export function createDisputeStore({ db }: { db: Kysely<DB> }): DisputeStore {
  return {
    record: (dispute, decide) =>
      db.transaction().execute(async (trx) => {
        const payment = await paymentOf(trx, dispute.paymentIntentId);
        if (!payment) return false;
        const before = await upsert(trx, dispute, payment);
        const { attemptId: _, ...owner } = payment;
        const { events, notifications } = decide(payment, before);
        await audit(trx, ...events.map((event) => ({ ...event, ...owner, actor: 'worker' })));
        await insertNotifications(trx, notifications);
        return true;
      }),
    async due(limit) {
      const { rows } = await sql<{ paymentIntentId: string }>`
        select payment_intent_id as "paymentIntentId" from disputes
        where closed_at is null and coalesce(looked_at, opened_at) < now() - interval '1 hour'
        group by payment_intent_id order by min(coalesce(looked_at, opened_at)) limit ${limit}`.execute(db);
      return rows.map(({ paymentIntentId }) => paymentIntentId);
    },
  };
}

const paymentOf = (trx: Trx, paymentIntentId: string): Promise<DisputedPayment | undefined> =>
  trx
    .selectFrom('bookingAttempts')
    .select(['id as attemptId', 'tripId', 'userId', 'correlationId'])
    .where('paymentIntentId', '=', paymentIntentId)
    .executeTakeFirst();

/** @returns the status that was stored before */
async function upsert(trx: Trx, dispute: Dispute, { attemptId, tripId, userId }: DisputedPayment) {
  const { id, paymentIntentId, amount, reason, status, closed, evidenceDueBy, refundable, openedAt } =
    dispute;
  const old = await trx
    .selectFrom('disputes')
    .select('status')
    .where('providerDisputeId', '=', id)
    .forUpdate()
    .executeTakeFirst();
  const now = sql<Date>`now()`;
  const seen = {
    status,
    reason,
    evidenceDueBy,
    refundable,
    amountMinor: amount.minor,
    closedAt: closed ? now : null,
    lookedAt: now,
    ...(old?.status !== status && { updatedAt: now }),
  };
  await trx
    .insertInto('disputes')
    .values({
      ...seen,
      providerDisputeId: id,
      attemptId,
      bookingId: sql<string>`(select b.id from flight_bookings b where b.attempt_id = ${attemptId})`,
      tripId,
      userId,
      paymentIntentId,
      currency: amount.currency,
      openedAt,
    })
    .onConflict((conflict) =>
      conflict.column('providerDisputeId').doUpdateSet({
        ...seen,
        closedAt: closed ? sql<Date>`coalesce(disputes.closed_at, now())` : null,
      }),
    )
    .execute();
  return old?.status ?? null;
}
