import { type Cancellation, owedToCard } from '../../../domain/cancellation.ts';
import { moneyText } from '../../../domain/money.ts';
import { hasFailed, type Refund, shownReason, totalOf } from '../../../domain/refund.ts';
import { wait } from '../../saga/step.ts';
import type { CancellingStepPorts, CancellingStepResult } from '../ports.ts';
import { finish, LOOK_AGAIN_MS, next, toHumanWithoutTicket } from '../results.ts';

/**
 * A refund is done when the bank says that it succeeded. One that is pending is waited for a little while; then the
 * cancellation ends, and says that the money is still on its way: the refund is followed further. One that failed is no refund.
 */
export async function verifyRefund(
  ports: CancellingStepPorts,
  cancellation: Cancellation,
): Promise<CancellingStepResult> {
  const owed = owedToCard(cancellation);
  const { settings } = ports;
  const refunds = await ports.payments.refundsOf(cancellation.paymentIntentId);
  const { aliveMinor, arrivedMinor } = totalOf(refunds);
  if (arrivedMinor >= owed) return cancelledWith(cancellation, refunds);
  const askedMs = ports.session.findIntent('refund')?.ageMs ?? Number.POSITIVE_INFINITY;
  if (aliveMinor >= owed)
    return askedMs < settings.pendingRefundMs
      ? wait(LOOK_AGAIN_MS, 'the bank has not confirmed the refund yet')
      : cancelledWith(cancellation, refunds);
  if (refunds.some(hasFailed)) return next('refund');
  return askedMs < settings.verifyRefundMs
    ? wait(LOOK_AGAIN_MS, 'the bank does not show the refund yet')
    : unconfirmed(arrivedMinor);
}

/** The bank took a refund on and does not show it: only a person can say whether it exists. */
export const unconfirmed = (arrivedMinor: number): CancellingStepResult =>
  toHumanWithoutTicket(
    'refund_unconfirmed',
    'The bank does not show the refund that was asked for.',
    arrivedMinor,
  );

/** The cancellation is over, with what the bank says now. */
export function cancelledWith({ paid }: Cancellation, refunds: readonly Refund[]): CancellingStepResult {
  const { aliveMinor, arrivedMinor } = totalOf(refunds);
  const refunded = { ...paid, minor: arrivedMinor };
  const madeGood = refunds.filter(hasFailed).map(({ id }) => id);
  return finish({ kind: 'cancelled', refunded, pendingMinor: aliveMinor - arrivedMinor, madeGood });
}

/** The card takes no refund: a person repays the traveller another way. The traveller reads the message in the timeline. */
export function refundFailed(failed: readonly Refund[], arrivedMinor: number): CancellingStepResult {
  const what = failed.map(
    (one) => `${one.id} of ${moneyText(one.amount)}: ${one.status}, ${shownReason(one) ?? 'no reason'}`,
  );
  return toHumanWithoutTicket(
    'refund_failed',
    `The bank did not take the refund to the card (${what.join('; ')}). Repay the traveller another way.`,
    arrivedMinor,
  );
}

/** Whether a call that was or may have been taken on is not among the refunds that the bank shows. */
export const isMissing = (refunds: readonly Refund[], key: string, outcome: string | null): boolean =>
  (outcome === null || outcome === 'unknown' || outcome === 'requested') &&
  !refunds.some((one) => one.key === key);
