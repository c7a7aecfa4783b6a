import { moneyText } from '../../domain/money.ts';
import type { Refund } from '../../domain/refund.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import type { RefundedPayment } from '../../ports/storage/refunds.ts';
import { opsAlert } from '../notifications/ops-alert.ts';
import { notificationRequest } from '../notifications/request.ts';

/** Alerts ops that a refund brought nothing back. Sent once a refund. */
export const refundAlert = (
  { attempt: { id: attemptId, userId, tripId, correlationId } }: RefundedPayment,
  { id, amount, status, failureReason }: Refund,
): NotificationRequest =>
  opsAlert({
    kind: 'refund_failed',
    message: `The refund ${id} of ${moneyText(amount)} is ${status} (${failureReason ?? 'no reason'}): the traveller has not got it.`,
    about: { userId, tripId, correlationId },
    attemptId,
    dedupe: `refund:${id}`,
  });

/** Tells the traveller what became of a refund. @param what makes the mail one of its kind */
export const refundMail = (
  { attempt: { userId, tripId, correlationId } }: RefundedPayment,
  what: string,
  message: string,
): NotificationRequest =>
  notificationRequest({
    userId,
    tripId,
    correlationId,
    kind: 'refund_update',
    dedupeKey: `refund:${tripId}:${what}`,
    data: { message },
  });
