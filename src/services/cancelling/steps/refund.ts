import { type Cancellation, owedToCard } from '../../../domain/cancellation.ts';
import { forbidsRefund } from '../../../domain/dispute.ts';
import { hasFailed, mayRefundAgain, type Refund, totalOf } from '../../../domain/refund.ts';
import { intentKey } from '../../../domain/saga.ts';
import { OutcomeUnknown, Permanent, Retryable } from '../../../errors.ts';
import { PaymentRefused } from '../../../ports/payments.ts';
import { refundResult } from '../../refunds/result.ts';
import { wait } from '../../saga/step.ts';
import type { CancellingStepPorts, CancellingStepResult } from '../ports.ts';
import { LOOK_AGAIN_MS, next, toHumanWithoutTicket } from '../results.ts';
import { cancelledWith, isMissing, refundFailed, unconfirmed } from './verify-refund.ts';

/**
 * Refunds what the airline gave back. What the bank has refunded already is read first, so that a new key asks only for the
 * rest; after a lost answer no new key is used before the call can no longer be under way.
 */
export async function refund(
  ports: CancellingStepPorts,
  cancellation: Cancellation,
): Promise<CancellingStepResult> {
  const { paymentIntentId, attemptId } = cancellation;
  const owed = owedToCard(cancellation);
  const past = ports.session.findIntent('refund');
  if (owed === 0 && !past) return cancelledWith(cancellation, []);
  if (past?.outcome === 'refused' && past.ageMs < pauseAfter(past.tries))
    return wait(pauseAfter(past.tries) - past.ageMs, 'the bank refused the refund; it is asked again later');
  const refunds = await ports.payments.refundsOf(paymentIntentId);
  const { aliveMinor, arrivedMinor } = totalOf(refunds);
  if (aliveMinor >= owed) return next('verify_refund');
  if (past && isMissing(refunds, intentKey(attemptId, 'refund', past.tries), past.outcome)) {
    if (past.ageMs < ports.settings.refundLookupMs)
      return wait(LOOK_AGAIN_MS, 'looking up a refund that may exist');
    // The bank took it on, and does not show it: asked again it could be refunded twice.
    if (past.outcome === 'requested') return unconfirmed(arrivedMinor);
  }
  const failed = refunds.filter(
    ({ id, ...rest }) => hasFailed(rest) && !cancellation.resolvedRefunds.includes(id),
  );
  if (failed.length && !mayRefundAgain(failed)) return refundFailed(failed, arrivedMinor);
  const disputes = await ports.payments.disputesOf(paymentIntentId);
  if (disputes.some(forbidsRefund))
    return toHumanWithoutTicket(
      'payment_disputed',
      'The cardholder disputes the payment at the bank, so it can not be refunded.',
      arrivedMinor,
    );
  return ask(ports, cancellation, owed - aliveMinor, arrivedMinor);
}

async function ask(
  ports: CancellingStepPorts,
  cancellation: Cancellation,
  minor: number,
  arrivedMinor: number,
): Promise<CancellingStepResult> {
  const { paymentIntentId, paid, attemptId } = cancellation;
  const tries = ports.session.findIntent('refund')?.tries ?? 0;
  const request = { paymentIntentId, minor };
  const intent = await ports.session.recordIntent(cancellation, 'refund', request, 'again');
  let made: Refund;
  try {
    made = await ports.payments.refund(paymentIntentId, { ...paid, minor }, intent.key, attemptId);
  } catch (error) {
    if (error instanceof PaymentRefused && error.refusal === 'already_refunded')
      return next('verify_refund', { recorded: outcome('already_refunded') });
    if (error instanceof Permanent) return refused(error, tries + 1, arrivedMinor);
    if (error instanceof OutcomeUnknown || error instanceof Retryable)
      return next('refund', { recorded: outcome('unknown'), pauseMs: LOOK_AGAIN_MS });
    throw error;
  }
  return next('verify_refund', { recorded: outcome('requested', refundResult(made)) });
}

/**
 * Refusals of one refund before a person is called, and the waits between them: lack of balance passes within a payout or
 * two, and the words for it differ, so that every refusal but a dispute is taken for one that may pass. They add up to 26 hours.
 */
const MAX_REFUSALS = 36;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
const pauseAfter = (tries: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 12));

/** Nothing happened. A refusal is no verdict on the refund: our balance may be low today. */
function refused(error: Permanent, tries: number, arrivedMinor: number): CancellingStepResult {
  const disputed = error instanceof PaymentRefused && error.refusal === 'disputed';
  if (disputed || tries >= MAX_REFUSALS)
    return toHumanWithoutTicket(error.code, `The bank refused the refund: ${error.code}.`, arrivedMinor);
  return next('refund', { recorded: outcome('refused', { code: error.code }), pauseMs: pauseAfter(tries) });
}

const outcome = (what: string, result?: Record<string, unknown>) => ({
  step: 'refund' as const,
  outcome: what,
  ...(result && { result }),
});
