import type { Cancellation } from '../../../domain/cancellation.ts';
import { ticketGoneWords } from '../../../domain/cancellation-words.ts';
import { refundableMinor } from '../../../domain/chargeable.ts';
import { wait } from '../../saga/step.ts';
import type { CancellingStepPorts, CancellingStepResult } from '../ports.ts';
import { LOOK_AGAIN_MS, next, toHumanWithoutTicket, tripCancelled } from '../results.ts';

/**
 * The order is cancelled when it says so itself, not when we asked. What the airline gave back decides the refund, never
 * more than was paid; an amount that stays unknown is a person's to find out.
 */
export async function verifyOrder(
  ports: CancellingStepPorts,
  { orderId, paid, requestedBy }: Cancellation,
): Promise<CancellingStepResult> {
  const order = await ports.flights.order(orderId);
  const askedMs = ports.session.findIntent('cancel_booking')?.ageMs ?? Number.POSITIVE_INFINITY;
  const early = askedMs < ports.settings.verifyOrderMs;
  if (!order.cancelled)
    return early
      ? wait(LOOK_AGAIN_MS, 'the order still reads as live')
      : next('quote', { patch: { quote: null } });
  const { refund } = order;
  if (!refund)
    return early
      ? wait(LOOK_AGAIN_MS, 'the order does not say yet what it gives back')
      : toHumanWithoutTicket(
          'refund_unknown',
          'The order is cancelled, and the airline does not say what it gives back.',
        );
  if (refund.currency !== paid.currency)
    return toHumanWithoutTicket(
      'refund_currency',
      'The airline gave back another currency than was charged.',
    );
  const refundMinor = refundableMinor(refund, paid.minor);
  return next('refund', {
    patch: { airlineRefund: refund, refundMinor },
    // The bank may refuse the refund for a day; that the ticket is gone is true from now on.
    trip: tripCancelled(ticketGoneWords(requestedBy, { ...paid, minor: refundMinor })),
  });
}
