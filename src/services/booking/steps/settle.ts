import type { Attempt } from '../../../domain/attempt.ts';
import { withinMandate } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import { go, toHuman, undo, wait } from '../moves.ts';
import type { Move, StepPorts } from '../ports.ts';
import { orderMade } from './order.ts';

/**
 * The order call ended without a clear answer. Until it is known whether there is an order, the money is neither taken
 * nor let go. An order of ours is adopted; none within the window is taken for none.
 */
export async function run(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const offer = attempt.offer as Offer;
  const orders = await ports.flights.ordersOf(offer.offerId);
  const ours = orders.filter((order) => order.attemptId === attempt.id);
  if (orders.length > 1 || orders.length !== ours.length)
    return toHuman('several_orders', 'More than one order was found for one offer.');
  const [order] = ours;
  if (order && !order.cancelled) {
    if (!withinMandate(order.facts.total, offer.price))
      return toHuman('order_dearer_than_hold', 'The order found costs more than was reserved.');
    return go('capture', orderMade(order.facts, 'order.adopted'));
  }
  const intent = ports.store.begun('order');
  if (!order && (intent?.ageMs ?? Number.POSITIVE_INFINITY) < ports.settings.settleWindowMs)
    return wait(ports.settings.settlePollMs, 'order not yet found');
  return undo(
    attempt,
    {
      code: 'order_unconfirmed',
      message:
        'The airline never confirmed the booking. Your money is released; should an order still appear, we cancel it.',
      to: 'failed',
      notify: 'booking_failed',
      alert: true,
    },
    { settle: { step: 'order', outcome: 'not_found' }, events: [{ type: 'order.not_found' }] },
  );
}
