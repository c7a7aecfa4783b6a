import type { Attempt, OrderFacts } from '../../../domain/attempt.ts';
import type { Money } from '../../../domain/money.ts';
import { Fenced, Permanent } from '../../../errors.ts';
import { type CancellationQuote, CancellationRefused } from '../../../ports/flights.ts';
import { waitAfter } from '../../saga/step.ts';
import { findNamedOrder, findOwnOrder } from '../orders.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { next, toHuman } from '../results.ts';

const RETRY_MS = 2_000;

/**
 * Compensates `order`: cancels the order when that gives all of our money back, or as much as a person accepted; anything
 * else is a person's decision. The authorization is voided only once there is no order left.
 */
export async function cancelOrder(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const { orderId, total } = attempt.order as OrderFacts;
  const order = await ports.flights.order(orderId);
  if (order.cancelled)
    return (await hasAnother(ports, attempt))
      ? toHuman('several_orders', 'One order is cancelled, and the airline made another of the same request.')
      : next('void', { events: [{ type: 'order.cancelled', detail: { orderId } }] });
  if (!order.cancellable)
    return toHuman('order_not_cancellable', 'The order can not be cancelled at the airline.');
  try {
    const quote = await ports.flights.quoteCancellation(orderId);
    if (!mayCancel(quote, total, attempt))
      return toHuman('order_not_refundable', 'Cancelling the order would not give all the money back.');
    await ports.session.recordIntent(attempt, 'cancel_order', { orderId }, 'again');
    await ports.flights.confirmCancellation(quote.id);
  } catch (error) {
    if (error instanceof Fenced) throw error;
    const mayPass = error instanceof CancellationRefused && error.refusal !== 'refused';
    if (error instanceof Permanent && !mayPass)
      return toHuman(error.code, 'The airline refused to cancel the order.');
    ports.log.warn({ attemptId: attempt.id, err: error }, 'could not cancel the order yet');
    return waitAfter(error, RETRY_MS, 'cancellation failed');
  }
  return next('cancel_order', { recorded: { step: 'cancel_order', outcome: 'cancelled' } });
}

/** All of it comes back to us, or at least what a person accepted. */
function mayCancel({ refund, refundTo }: CancellationQuote, total: Money, { caseTerms }: Attempt): boolean {
  const back = refundTo === 'balance' ? (refund?.minor ?? null) : null;
  if (back === total.minor) return true;
  const accepted = caseTerms?.acceptsLoss;
  return accepted !== undefined && (back ?? 0) >= accepted.refundMinor;
}

/** An airline may make two orders of one request; the authorization stays while one of them lives. */
async function hasAnother(ports: BookingStepPorts, attempt: Attempt): Promise<boolean> {
  // One that can't be read may be such another.
  if (attempt.offer && (await findOwnOrder(ports, attempt, attempt.offer)) !== undefined) return true;
  // A person may have named the other one to be cancelled, and lists show neither yet.
  return (await findNamedOrder(ports, attempt)) !== undefined;
}
