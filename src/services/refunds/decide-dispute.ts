import type { Dispute } from '../../domain/dispute.ts';
import { moneyText } from '../../domain/money.ts';
import type { SagaEvent } from '../../domain/saga.ts';
import type { DisputedPayment, DisputeWrite } from '../../ports/storage/disputes.ts';
import { opsAlert } from '../notifications/ops-alert.ts';

const HOUR_MS = 3_600_000;

/** When ops are alerted again, the last first: evidence is taken until the deadline, and silence loses the dispute. */
const STAGES = [
  { name: 'last_6_hours', beforeMs: 6 * HOUR_MS, prefix: 'LAST HOURS. ' },
  { name: 'last_day', beforeMs: 24 * HOUR_MS, prefix: 'LAST DAY. ' },
  { name: 'last_3_days', beforeMs: 72 * HOUR_MS, prefix: 'URGENT. ' },
  { name: 'last_week', beforeMs: 7 * 24 * HOUR_MS, prefix: '' },
] as const;

/**
 * What a dispute as it stands now means for audit log and ops. Each change and each stage towards the deadline is alerted once.
 * @param before the status that was stored; null when the dispute is new
 */
export function decideDispute(
  payment: DisputedPayment,
  dispute: Dispute,
  before: string | null,
  now: Date,
): DisputeWrite {
  const { status, closed, evidenceDueBy } = dispute;
  const leftMs = evidenceDueBy ? evidenceDueBy.getTime() - now.getTime() : null;
  const stage = closed || leftMs === null ? undefined : STAGES.find(({ beforeMs }) => leftMs <= beforeMs);
  const changed = before !== status;
  return {
    events: changed ? [eventOf(dispute, before)] : [],
    notifications: [
      ...(changed ? [alert(payment, dispute, status, stage?.prefix ?? '')] : []),
      ...(stage && !changed ? [alert(payment, dispute, stage.name, stage.prefix)] : []),
    ],
  };
}

const eventOf = ({ closed, status, reason, amount }: Dispute, before: string | null): SagaEvent => ({
  type: closed ? 'dispute.closed' : before === null ? 'dispute.opened' : 'dispute.changed',
  detail: { status, reason, amount: moneyText(amount) },
});

/** @param what makes the alert one of its kind */
function alert(
  { attemptId, tripId, userId, correlationId }: DisputedPayment,
  { id, amount, reason, status, closed, evidenceDueBy }: Dispute,
  what: string,
  prefix: string,
) {
  const todo = closed
    ? 'Nothing more can be done about it.'
    : evidenceDueBy
      ? `Send the evidence by ${evidenceDueBy.toISOString()}: without it the dispute is lost.`
      : 'No response is possible.';
  return opsAlert({
    kind: closed ? 'dispute_closed' : 'payment_disputed',
    message: `${prefix}The dispute ${id} over ${moneyText(amount)} (${reason}) is ${status}. ${todo}`,
    about: { userId, tripId, correlationId },
    attemptId,
    dedupe: `dispute:${id}:${what}`,
    more: { receipt: true },
  });
}

/** Alerts ops that the card network takes a payment for fraud: refunding it early avoids a dispute. */
export const fraudWarningAlert = (paymentIntentId: string, attemptId: string) =>
  opsAlert({
    kind: 'fraud_warning',
    message: `The card network takes the payment ${paymentIntentId} for fraud. A dispute may follow; a refund before it avoids it.`,
    attemptId,
    dedupe: `fraud_warning:${paymentIntentId}`,
  });
