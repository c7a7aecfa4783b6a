import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import { withinMandate } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import type { FoundOrder } from '../../../ports/flights.ts';
import { wait } from '../../saga/step.ts';
import { nextPollMs, waitsUntil } from '../order-wait.ts';
import { findOrders, orderMade } from '../orders.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { compensate, next, toHuman } from '../results.ts';

/**
 * The order call ended without a clear answer. Until it is known whether there is an order, the authorization is neither
 * captured nor voided: it is kept for as long as the order may still appear and the authorization allows. An order of ours
 * is taken. The wait ends early when the seller says that it made none, or when the traveller asks for it.
 */
export async function syncOrder(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const { orders, unseen } = await findOrders(ports, attempt);
  const ours = orders.filter((order) => order.attemptId === attempt.id);
  if (orders.length > 1 || orders.length !== ours.length)
    return toHuman('several_orders', 'More than one order was found for one offer.');
  const [order] = ours;
  if (order && !order.cancelled) return take(attempt, order);
  const ageMs = ports.session.findIntent('order')?.ageMs ?? Number.POSITIVE_INFINITY;
  const over = order ? unconfirmed : reasonToEnd(ports, attempt, ageMs, unseen);
  if (!over) return wait(nextPollMs(ports, attempt, ageMs), 'order not yet found');
  if (unseen && !order) return toHuman('order_unreadable', 'The seller named an order that can not be read.');
  const { outcome, ...compensation } = over;
  return compensate(attempt, compensation, {
    recorded: { step: 'order', outcome },
    events:
      outcome === 'refused'
        ? [{ type: 'order.refused', detail: { code: compensation.code } }]
        : [{ type: 'order.not_found' }],
  });
}

type End = Compensation & { readonly outcome: 'refused' | 'released' | 'not_found' };

/** Why an order that is not to be seen is waited for no longer; null while it is. */
function reasonToEnd(ports: BookingStepPorts, attempt: Attempt, ageMs: number, unseen: boolean): End | null {
  // A named order and the news that there is none contradict each other: then it is waited for.
  if (attempt.orderFailedAt && !unseen) return { ...failed, failedFare: fareOf(attempt.offer as Offer) };
  if (attempt.releaseRequestedAt) return released;
  return ports.clock.now() < waitsUntil(ports, attempt, ageMs) ? null : unconfirmed;
}

function take(attempt: Attempt, { facts }: FoundOrder): BookingStepResult {
  const offer = attempt.offer as Offer;
  const made = orderMade(facts, 'order.adopted');
  // The traveller no longer wants it: it is cancelled if its fare gives everything back, else a person decides.
  if (attempt.releaseRequestedAt) return compensate({ ...attempt, order: facts }, giveUp(released), made);
  if (!withinMandate(facts.total, offer.price))
    return toHuman('order_dearer_than_hold', 'The order found costs more than was reserved.');
  return next('capture', made);
}

const giveUp = ({ outcome: _, ...compensation }: End): Compensation => compensation;

const unconfirmed: End = {
  code: 'order_unconfirmed',
  message:
    'The airline never confirmed the booking. Your money is released; should an order still appear, we cancel it.',
  to: 'failed',
  notify: 'booking_failed',
  alert: 'order_unconfirmed',
  outcome: 'not_found',
};

const released: End = {
  code: 'order_released',
  message:
    'You asked not to wait for the airline: your money is released. Should a ticket still turn up, we cancel it if its fare allows.',
  to: 'failed',
  notify: 'booking_failed',
  alert: 'order_released',
  outcome: 'released',
};

const failed: End = {
  code: 'order_creation_failed',
  message: 'The airline could not make the booking. Your money is released, and we keep watching.',
  to: 'watch',
  outcome: 'refused',
};
