import type { Cancellation, QuotedRefund } from '../../../domain/cancellation.ts';
import { formatMoney, type Money } from '../../../domain/money.ts';
import { OutcomeUnknown, Retryable } from '../../../errors.ts';
import { CancellationRefused } from '../../../ports/flights.ts';
import type { CancellingStepPorts, CancellingStepResult } from '../ports.ts';
import { LOOK_AGAIN_MS, next, toHuman } from '../results.ts';

/**
 * The pivot: cancels at the quoted terms. Whatever the answer, the order itself says whether it is cancelled, and the next
 * step reads it.
 */
export async function confirm(
  ports: CancellingStepPorts,
  cancellation: Cancellation,
): Promise<CancellingStepResult> {
  const { orderId } = cancellation;
  const { id: quoteId, refund } = cancellation.quote as QuotedRefund;
  const past = ports.session.findIntent('cancel_booking');
  // A worker that recorded the intent and died may have confirmed.
  if (past?.outcome === null || past?.outcome === 'unknown') {
    const order = await ports.flights.order(orderId);
    if (order.cancelled) return next('verify_order', { recorded: outcome('confirmed') });
  }
  const request = { orderId, refund: formatMoney(refund as Money) };
  await ports.session.recordIntent(cancellation, 'cancel_booking', request, 'again');
  try {
    await ports.flights.confirmCancellation(quoteId);
  } catch (error) {
    if (error instanceof CancellationRefused) return refused(error, past?.tries ?? 0);
    // Confirmed again, the order is read first; a second confirmation of the same quote changes nothing.
    if (error instanceof Retryable)
      return next('confirm', { recorded: outcome('unknown'), pauseMs: error.retryAfterMs ?? LOOK_AGAIN_MS });
    if (error instanceof OutcomeUnknown) return next('verify_order', { recorded: outcome('unknown') });
    throw error;
  }
  return next('verify_order', { recorded: outcome('confirmed') });
}

/** Confirmations of quotes that went stale before a person is called: another program keeps asking for quotes. */
const MAX_CONFIRMATIONS = 20;

function refused({ code, refusal }: CancellationRefused, tries: number): CancellingStepResult {
  if (refusal === 'quote_stale')
    return tries >= MAX_CONFIRMATIONS
      ? toHuman('quotes_go_stale', 'Every quote went stale before it could be confirmed.')
      : next('quote', { recorded: outcome('stale'), patch: { quote: null }, pauseMs: LOOK_AGAIN_MS });
  if (refusal === 'already_cancelled') return next('verify_order', { recorded: outcome('confirmed') });
  return toHuman(code, 'The airline refused to cancel the order.');
}

const outcome = (what: string) => ({ step: 'cancel_booking' as const, outcome: what });
