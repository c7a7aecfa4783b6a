import type { OverdueCancellation } from '../../ports/storage/cancellations.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import type { OverdueAttempt } from '../../ports/storage/stuck-work.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { sweepCases } from '../cases/alert.ts';
import { alertBlownFuse } from '../fuse/alert.ts';
import { opsAlert } from '../notifications/ops-alert.ts';
import { alertTroubles } from '../troubles/index.ts';
import type { RescuePorts } from './ports.ts';

/** Longer than any wait of the saga, a vendor's rate limit included. */
const ATTEMPT_IDLE_MS = 75_000;
/** A notification or webhook event that waited this long has lost its job. */
const STALE_MS = 60_000;
/** No attempt should take this long; compensation that does (a vendor down for hours) continues, and ops are alerted. */
const OVERDUE_MS = 15 * 60_000;
const LIMIT = 500;
/** Booked orders read again per run, every 15 s: a third of the sixty calls a minute that Duffel allows to begin with. */
const ORDER_LOOKS = 5;
/** The same work is requeued at most once in this time; jobs that have run keep their ids for a while. */
const REQUEUE_MS = 30_000;

export interface RescuedWork {
  readonly attempts: number;
  readonly cancellations: number;
  readonly notifications: number;
  readonly webhooks: number;
  /** Payments whose refunds and disputes are looked at again. */
  readonly refunds: number;
  /** Booked orders that are read again. */
  readonly orders: number;
}

/** Finds stuck work and requeues it; needs nothing that Redis remembers. */
export async function rescueStuckWork(ports: RescuePorts): Promise<RescuedWork> {
  const { stuckWork, cancellations, directory, outbox, notifications: writer, clock, afterCommit } = ports;
  const slot = Math.floor(clock.now().getTime() / REQUEUE_MS).toString(36);
  const attempts = await stuckWork.abandonedAttempts(ATTEMPT_IDLE_MS, LIMIT);
  for (const attempt of attempts) await directory.requeue(attempt, `e${attempt.epoch}-${slot}`);
  const abandoned = await cancellations.abandoned(ATTEMPT_IDLE_MS, LIMIT);
  for (const { bookingId, epoch, correlationId } of abandoned)
    await outbox.enqueue([
      toOutboxJob('cancel-booking', { bookingId, nudge: `e${epoch}-${slot}` }, { correlationId }),
    ]);
  const notifications = await stuckWork.unsentNotifications(STALE_MS, LIMIT);
  for (const { id: notificationId, correlationId } of notifications)
    await outbox.enqueue([toOutboxJob('notify', { notificationId, nudge: slot }, { correlationId })]);
  const webhooks = await stuckWork.unprocessedEvents(STALE_MS, LIMIT);
  for (const event of webhooks) await outbox.enqueue([toOutboxJob('webhook', { ...event, nudge: slot })]);
  const refunds = new Set([...(await ports.refunds.due(LIMIT)), ...(await ports.disputes.due(LIMIT))]);
  for (const paymentIntentId of refunds)
    await outbox.enqueue([toOutboxJob('follow-payment', { paymentIntentId, nudge: slot })]);
  // Claimed by one sweep each, so that every look has a job of its own.
  const look = clock.now().getTime().toString(36);
  const orders = await ports.bookedOrders.due(ORDER_LOOKS);
  for (const orderId of orders) await outbox.enqueue([toOutboxJob('follow-order', { orderId, nudge: look })]);
  for (const { id: changeId, tries } of await ports.bookedOrders.abandonedAcceptances(ATTEMPT_IDLE_MS, LIMIT))
    await outbox.enqueue([toOutboxJob('accept-change', { changeId, nudge: `t${tries}-${slot}` })]);
  for (const attempt of await stuckWork.overdueAttempts(OVERDUE_MS, LIMIT))
    await writer.enqueue([
      attempt.step === 'settle'
        ? orderAlert(attempt)
        : overdueAlert('A booking attempt', attempt, attempt.id),
    ]);
  for (const cancellation of await cancellations.overdue(OVERDUE_MS, LIMIT))
    await writer.enqueue([overdueAlert('A cancellation', cancellation, cancellation.attemptId)]);
  await sweepCases(ports, slot);
  afterCommit();
  await alertBlownFuse(ports);
  await alertTroubles(ports);
  return {
    attempts: attempts.length,
    cancellations: abandoned.length,
    notifications: notifications.length,
    webhooks: webhooks.length,
    refunds: refunds.size,
    orders: orders.length,
  };
}

/** An order that is waited for is no fault of the saga's: the alert says what is known and what ops can do. */
const orderAlert = ({ id, userId, tripId, correlationId }: OverdueAttempt): NotificationRequest =>
  opsAlert({
    kind: 'order_unknown',
    message:
      'It has been unknown for over 15 minutes whether the airline made an order. Its authorization is kept and the order is looked up; ask the seller about the offer.',
    about: { userId, tripId, correlationId },
    attemptId: id,
    dedupe: `${id}:order_unknown`,
  });

/** Sent once per attempt or cancellation. */
const overdueAlert = (
  what: string,
  { id, step, userId, tripId, correlationId }: OverdueAttempt | OverdueCancellation,
  attemptId: string,
): NotificationRequest =>
  opsAlert({
    kind: 'stuck',
    message: `${what} has been at step ${step} for over 15 minutes.`,
    about: { userId, tripId, correlationId },
    attemptId,
    dedupe: `${id}:stuck`,
  });
