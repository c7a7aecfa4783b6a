import type { Attempt, OrderFacts, Unwind } from '../../../domain/attempt.ts';
import { moneyText } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import { MIN_OFFER_LIFE_MS } from '../../../domain/selection.ts';
import type { Outcome } from '../../../domain/trip.ts';
import { Fenced, OutcomeUnknown, Permanent, Retryable } from '../../../errors.ts';
import { go, reasonToStop, stopBy, toHuman, undo, wait } from '../moves.ts';
import type { Move, StepPorts } from '../ports.ts';

/**
 * The pivot: creates the order, once. A definite no turns the attempt round; whatever is not certain is settled by
 * looking, and the call is never made a second time.
 */
export async function run(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const offer = attempt.offer as Offer;
  const begun = ports.store.begun('order');
  // A worker that announced the call and vanished may have made it: nothing is undone before that is known.
  if (begun && begun.outcome !== 'not_attempted')
    return go('settle', {
      outcome: waitingForAirline,
      events: [{ type: 'order.unknown', detail: { code: 'worker_lost' } }],
    });
  const stop = (await reasonToStop(ports, attempt)) ?? expired(ports, offer);
  if (stop) return undo(attempt, stop);
  const passengers = await ports.store.passengers(attempt);
  const intent = await ports.store.intend(
    attempt,
    'order',
    { offerId: offer.offerId, ...offer.price },
    'once',
  );
  const late = stopBy(intent) ?? (await reasonToStop(ports, attempt));
  if (late) return undo(attempt, late, { settle: { step: 'order', outcome: 'not_attempted' } });
  try {
    const facts = await ports.flights.createOrder({
      offer,
      passengers,
      attemptId: attempt.id,
      tripId: attempt.tripId,
    });
    return go('capture', orderMade(facts, 'order.created'));
  } catch (error) {
    if (error instanceof OutcomeUnknown)
      return go('settle', {
        outcome: waitingForAirline,
        settle: { step: 'order', outcome: 'unknown', result: { code: error.code } },
        events: [{ type: 'order.unknown', detail: { code: error.code } }],
      });
    if (error instanceof Retryable) return turnedAway(error);
    if (error instanceof Permanent) {
      const own = error.code === ALREADY_BOOKED ? await orderOfOurs(ports, attempt, offer) : undefined;
      if (own) return go('capture', orderMade(own.facts, 'order.adopted'));
      const detail = { code: error.code };
      const settle = { step: 'order' as const, outcome: 'refused', result: detail };
      return undo(attempt, refusal(error.code), { settle, events: [{ type: 'order.refused', detail }] });
    }
    throw error;
  }
}

/**
 * An offer request is made for one attempt alone: if Duffel says that it is booked already, it may be we who booked it,
 * before our tables were set back to an older backup.
 */
const ALREADY_BOOKED = 'offer_request_already_booked';

async function orderOfOurs({ flights }: StepPorts, { id }: Attempt, { offerId }: Offer) {
  const orders = await flights.ordersOf(offerId);
  return orders.find((order) => order.attemptId === id && !order.cancelled);
}

const waitingForAirline: Outcome = {
  code: 'unconfirmed',
  message:
    'The airline has not said yet whether you have your ticket. Your money is reserved and not taken; we keep asking until we know.',
};

/** Duffel never began (429): the call may be made again once it lets us, if the offer lives that long. */
function turnedAway({ code, retryAfterMs: pauseMs = 5_000 }: Retryable): Move {
  const settle = { step: 'order' as const, outcome: 'not_attempted', result: { code } };
  return go('order', { settle, pauseMs, events: [{ type: 'order.delayed', detail: { code, pauseMs } }] });
}

/** What closes the order step, whether the answer came or the order was found later. */
export function orderMade(facts: OrderFacts, type: 'order.created' | 'order.adopted') {
  const { orderId, bookingReference, total } = facts;
  return {
    patch: { order: facts },
    settle: { step: 'order' as const, outcome: 'created', result: { orderId } },
    events: [{ type, detail: { orderId, bookingReference, total: moneyText(total) } }],
  };
}

function expired(ports: StepPorts, { expiresAt }: Offer): Unwind | null {
  if (!expiresAt || Date.parse(expiresAt) - ports.clock.now().getTime() >= MIN_OFFER_LIFE_MS) return null;
  return { code: 'offer_expired', message: 'The offer ran out before it could be bought.', to: 'search' };
}

const GONE = new Set(['offer_expired', 'offer_no_longer_available', ALREADY_BOOKED]);
const REPRICED = new Set([
  'price_changed',
  'payment_amount_does_not_match_order_amount',
  'payment_currency_does_not_match_order_currency',
]);
const OUR_ACCOUNT = new Set(['insufficient_balance', 'payment_declined']);
const PASSENGER_DATA =
  /^(invalid_passenger_name|invalid_passenger_title|invalid_phone_number|invalid_email_address|duplicate_passenger_name|order_passengers_incompatible_with_offer|validation_)/;

/** What a definite no means for the trip. Source of the codes: docs/vendors.md. */
export function refusal(code: string): Unwind {
  if (GONE.has(code))
    return { code, message: 'Somebody else was faster; we look for the next offer.', to: 'search' };
  if (REPRICED.has(code))
    return { code, message: 'The price changed in the last moment; we look again.', to: 'search' };
  if (PASSENGER_DATA.test(code))
    return {
      code,
      message: `The airline did not accept the traveller details (${code.replaceAll('_', ' ')}). Correct them to go on.`,
      to: 'failed',
      notify: 'action_needed',
    };
  if (OUR_ACCOUNT.has(code))
    return {
      code,
      message: 'We could not buy the ticket; the fault is ours.',
      to: 'failed',
      notify: 'booking_failed',
      alert: true,
    };
  if (code === 'order_not_created' || code === 'service_unavailable')
    return { code, message: 'The airline could not make the booking; we keep watching.', to: 'watch' };
  return {
    code,
    message: 'The airline refused the booking.',
    to: 'failed',
    notify: 'booking_failed',
    alert: true,
  };
}

/** An airline may make two orders of one request; the money stays where it is while one of them lives. */
async function hasAnother(ports: StepPorts, attempt: Attempt): Promise<boolean> {
  return attempt.offer !== null && (await orderOfOurs(ports, attempt, attempt.offer)) !== undefined;
}

/**
 * Cancels the order, when that gives all of our money back; anything else is a decision for a person. The money is
 * released only once there is no order left.
 */
export async function undoOrder(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const facts = attempt.order as OrderFacts;
  const order = await ports.flights.order(facts.orderId);
  const cancelled = { events: [{ type: 'order.cancelled', detail: { orderId: facts.orderId } }] };
  if (order.cancelled)
    return (await hasAnother(ports, attempt))
      ? toHuman('several_orders', 'One order is cancelled, and the airline made another of the same request.')
      : go('void', cancelled);
  if (!order.cancellable)
    return toHuman('order_not_cancellable', 'The order can not be cancelled at the airline.');
  try {
    const quote = await ports.flights.quoteCancellation(facts.orderId);
    const whole = quote.refundTo === 'balance' && quote.refund?.minor === facts.total.minor;
    if (!whole)
      return toHuman('order_not_refundable', 'Cancelling the order would not give all the money back.');
    await ports.store.intend(attempt, 'cancel_order', { orderId: facts.orderId }, 'again');
    await ports.flights.confirmCancellation(quote.id);
  } catch (error) {
    if (error instanceof Fenced) throw error;
    if (
      error instanceof Permanent &&
      error.code !== 'order_cancellation_stale' &&
      error.code !== 'already_cancelled'
    )
      return toHuman(error.code, 'The airline refused to cancel the order.');
    ports.log.warn({ attemptId: attempt.id, err: error }, 'could not cancel the order yet');
    return wait(2_000, 'cancellation failed');
  }
  return go('cancel_order', { settle: { step: 'cancel_order', outcome: 'cancelled' } });
}
