import type { Attempt } from '../../../domain/attempt.ts';
import type { EventType } from '../../../domain/event-types.ts';
import { hasFailed, mayRefundAgain, shownReason, totalOf } from '../../../domain/refund.ts';
import { intentKey } from '../../../domain/saga.ts';
import type { Authorization } from '../../../ports/payments.ts';
import { refundResult } from '../../refunds/result.ts';
import { wait, waitAfter } from '../../saga/step.ts';
import { LOOK_UP_MS } from '../payment-lookup.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { finish, next } from '../results.ts';

/**
 * Refunds what was captured after all. It is over once the bank has taken the whole on: the refund is followed until it is
 * final. One that failed for good is a person's.
 */
export async function refundCaptured(
  ports: BookingStepPorts,
  attempt: Attempt,
  { paymentIntentId, amount, capturedMinor }: Authorization,
  over: (type: EventType) => BookingStepResult,
): Promise<BookingStepResult> {
  const refunds = await ports.payments.refundsOf(paymentIntentId);
  const { aliveMinor } = totalOf(refunds);
  if (aliveMinor >= capturedMinor) return over('payment.refunded');
  const past = ports.session.findIntent('void');
  const key = past && intentKey(attempt.id, 'void', past.tries);
  const unanswered = past?.outcome === null || past?.outcome === REQUESTED;
  if (
    past &&
    unanswered &&
    past.ageMs < ports.settings.paymentLookupMs &&
    !refunds.some((one) => one.key === key)
  )
    return wait(LOOK_UP_MS, 'looking up a refund that may exist');
  const failed = refunds.filter(hasFailed);
  const [first] = failed;
  if (first && !mayRefundAgain(failed))
    return finish({
      kind: 'human',
      code: 'refund_failed',
      // The traveller reads it in the timeline.
      message: `The bank did not take the refund to the card (${shownReason(first) ?? 'no reason'}). Repay the traveller another way.`,
    });
  const minor = capturedMinor - aliveMinor;
  const request = { found: 'captured', paymentIntentId, minor };
  const intent = await ports.session.recordIntent(attempt, 'void', request, 'again');
  try {
    const made = await ports.payments.refund(paymentIntentId, { ...amount, minor }, intent.key, attempt.id);
    return next('void', { recorded: { step: 'void', outcome: REQUESTED, result: refundResult(made) } });
  } catch (error) {
    ports.log.warn({ attemptId: attempt.id, err: error }, 'could not refund what was captured yet');
    return waitAfter(error, LOOK_UP_MS, 'the refund failed');
  }
}

const REQUESTED = 'refund_requested';
