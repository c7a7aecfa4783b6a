import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import type { EventType } from '../../../domain/event-types.ts';
import { wait, waitAfter } from '../../saga/step.ts';
import { findNamedOrder, orderMade } from '../orders.ts';
import { findAuthorization, LOOK_UP_MS } from '../payment-lookup.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { finish, next } from '../results.ts';
import { refundCaptured } from './refund-captured.ts';

/** Compensates `authorize`: voids the authorization, or refunds what was captured. Done when the provider says so. */
export async function voidAuthorization(
  ports: BookingStepPorts,
  attempt: Attempt,
): Promise<BookingStepResult> {
  const compensation = attempt.compensation as Compensation;
  // The seller may have named an order since it was given up: then it is cancelled before the authorization is voided.
  const late = attempt.order ? undefined : await findNamedOrder(ports, attempt);
  if (late) return next('cancel_order', orderMade(late.facts, 'order.adopted'));
  const over = (type?: EventType) =>
    finish({ kind: 'compensated', compensation, events: type ? [{ type }] : [] });
  if (!attempt.paymentIntentId) {
    const past = ports.session.findIntent('authorize');
    if (!past || (past.outcome !== null && past.outcome !== 'unknown')) return over();
    const { payer } = attempt.trip;
    const found = payer && (await findAuthorization(ports, attempt, payer.customerId));
    if (found) return next('void', { patch: { paymentIntentId: found.paymentIntentId } });
    return past.ageMs < ports.settings.paymentLookupMs
      ? wait(LOOK_UP_MS, 'looking for an authorization that may exist')
      : over();
  }
  const authorization = await ports.payments.authorization(attempt.paymentIntentId);
  if (authorization.status === 'voided') return over('payment.released');
  if (authorization.status === 'captured') return refundCaptured(ports, attempt, authorization, over);
  const intent = await ports.session.recordIntent(attempt, 'void', { found: authorization.status }, 'again');
  try {
    await ports.payments.void(authorization.paymentIntentId, intent.key);
  } catch (error) {
    ports.log.warn({ attemptId: attempt.id, err: error }, 'could not void the authorization yet');
    return waitAfter(error, LOOK_UP_MS, 'voiding failed');
  }
  return next('void', { recorded: { step: 'void', outcome: 'released' } });
}
