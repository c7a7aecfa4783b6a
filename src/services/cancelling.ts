import { sql } from 'kysely';
import { audit } from '../db/audits.ts';
import type { Db } from '../db/client.ts';
import { formatMoney, type Money, moneyText } from '../domain/money.ts';
import { Permanent } from '../errors.ts';
import type { FlightProvider } from '../providers/duffel/index.ts';
import type { PaymentProvider } from '../providers/stripe/index.ts';
import type { Storage } from './deps.ts';
import { notifyLater } from './notify-later.ts';

export interface CancelDeps extends Storage {
  readonly flights: Pick<FlightProvider, 'order' | 'quoteCancellation' | 'confirmCancellation'>;
  readonly payments: Pick<PaymentProvider, 'refund'>;
}

/**
 * Cancels a confirmed booking at the airline and refunds what the fare gives back, never more than was paid. Safe to
 * run again at any point: the order's own state says how far an earlier run came.
 */
export async function cancelBooking(
  deps: CancelDeps,
  bookingId: string,
  correlationId: string | null,
): Promise<'cancelled' | 'refused' | 'over'> {
  const { db, flights } = deps;
  const booking = await db
    .selectFrom('flightBookings')
    .selectAll()
    .where('id', '=', bookingId)
    .executeTakeFirst();
  if (booking?.status !== 'CONFIRMED' || !booking.cancelRequestedAt) return 'over';
  const paid: Money = { minor: booking.priceMinor, currency: booking.currency };
  const intent = { attemptId: booking.attemptId, userId: booking.userId };
  const before = await flights.order(booking.orderId);
  if (!before.cancelled) {
    const quote = before.cancellable ? await flights.quoteCancellation(booking.orderId) : null;
    if (!quote?.refund || quote.refundTo !== 'balance' || quote.refund.minor === 0) {
      await refuse(deps, booking, correlationId);
      return 'refused';
    }
    await announce(db, intent, 'cancel_booking', {
      orderId: booking.orderId,
      refund: formatMoney(quote.refund),
    });
    await flights.confirmCancellation(quote.id);
  }
  const { refund } = before.cancelled ? before : await flights.order(booking.orderId);
  const back = Math.min(refund?.minor ?? 0, paid.minor);
  if (back > 0) {
    const key = await announce(db, intent, 'refund', {
      paymentIntentId: booking.paymentIntentId,
      minor: back,
    });
    await deps.payments.refund(booking.paymentIntentId, { ...paid, minor: back }, key).catch(unlessDone);
  }
  await close(deps, booking, { ...paid, minor: back }, correlationId);
  return 'cancelled';
}

interface Booking {
  readonly id: string;
  readonly userId: string;
  readonly tripId: string;
}

/** Commits the intent of a call before it is made. @returns its deterministic key */
async function announce(
  db: Db,
  { attemptId, userId }: { attemptId: string; userId: string },
  step: 'cancel_booking' | 'refund',
  request: object,
): Promise<string> {
  const key = `${attemptId}:${step}`;
  await db
    .insertInto('bookingSteps')
    .values({ attemptId, userId, step, key, epoch: 0, request: JSON.stringify(request) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return key;
}

function unlessDone(error: unknown): void {
  if (error instanceof Permanent && error.code === 'charge_already_refunded') return;
  throw error;
}

async function refuse(
  deps: Storage,
  { id, userId, tripId }: Booking,
  correlationId: string | null,
): Promise<void> {
  const message = 'The airline gives nothing back for this fare, so the booking was left as it is.';
  await deps.db.transaction().execute(async (trx) => {
    await trx.updateTable('flightBookings').set({ cancelRequestedAt: null }).where('id', '=', id).execute();
    await audit(trx, {
      userId,
      tripId,
      type: 'booking.cancel_refused',
      detail: { message },
      actor: 'worker',
      correlationId,
    });
    const dedupeKey = `cancel_refused:${id}:${Date.now()}`;
    await notifyLater(trx, {
      userId,
      tripId,
      kind: 'action_needed',
      dedupeKey,
      data: { message },
      correlationId,
    });
  });
  deps.afterCommit();
}

async function close(
  deps: Storage,
  { id, userId, tripId }: Booking,
  refunded: Money,
  correlationId: string | null,
): Promise<void> {
  const message = `The airline cancelled the ticket; ${moneyText(refunded)} goes back to your card.`;
  await deps.db.transaction().execute(async (trx) => {
    const status = refunded.minor > 0 ? 'REFUNDED' : 'CANCELLED';
    const { numUpdatedRows } = await trx
      .updateTable('flightBookings')
      .set({ status, refundedMinor: refunded.minor })
      .where('id', '=', id)
      .where('status', '=', 'CONFIRMED')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await trx
      .updateTable('bookingSteps')
      .set({ outcome: 'done', settledAt: sql`now()` })
      .where('attemptId', '=', (eb) =>
        eb.selectFrom('flightBookings').select('attemptId').where('id', '=', id),
      )
      .where('step', 'in', ['cancel_booking', 'refund'])
      .execute();
    await audit(trx, {
      userId,
      tripId,
      type: 'booking.cancelled',
      detail: { refunded: moneyText(refunded) },
      actor: 'worker',
      correlationId,
    });
    await notifyLater(trx, {
      userId,
      tripId,
      kind: 'booking_cancelled',
      dedupeKey: `booking_cancelled:${id}`,
      data: { message },
      correlationId,
    });
  });
  deps.afterCommit();
}
