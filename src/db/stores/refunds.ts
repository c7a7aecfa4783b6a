import { type Kysely, sql } from 'kysely';
import type { RefundedPayment, RefundStore, RefundsWrite } from '../../ports/storage/refunds.ts';
import { audit } from '../audits.ts';
import type { DB, Trx } from '../client/index.ts';
import { insertNotifications } from '../notifications.ts';
import { insertJobs } from '../outbox.ts';
import { dueRefunds, lockPayment, reopenCancellation, writeRefunds } from '../refunds.ts';

/** Refunds in Postgres. */
export function createRefundStore({ db }: { db: Kysely<DB> }): RefundStore {
  return {
    follow: (paymentIntentId, decide) =>
      db.transaction().execute(async (trx) => {
        const payment = await lockPayment(trx, paymentIntentId);
        if (!payment) return undefined;
        const write = decide(payment);
        await writeRefunds(trx, paymentIntentId, payment, write);
        await writeAround(trx, payment, write);
        return payment;
      }),
    due: (limit) => dueRefunds(db, limit),
  };
}

/** What the refunds mean for booking, cancellation, audit log and outbox. */
async function writeAround(
  trx: Trx,
  { attempt, booking, cancellation }: RefundedPayment,
  write: RefundsWrite,
): Promise<void> {
  if (write.booking && booking)
    await trx
      .updateTable('flightBookings')
      .set({
        ...write.booking,
        // A cancellation is only claimed while it is asked for.
        cancelRequestedAt: sql<Date>`coalesce(cancel_requested_at, now())`,
      })
      .where('id', '=', booking.id)
      .execute();
  if (write.reopensCancellation && cancellation) await reopenCancellation(trx, cancellation.id);
  const { tripId, userId, correlationId } = attempt;
  await audit(
    trx,
    ...write.events.map((event) => ({ ...event, userId, tripId, actor: 'worker', correlationId })),
  );
  await insertNotifications(trx, write.notifications);
  await insertJobs(trx, write.jobs);
}
