import { problem } from '../../sandbox/duffel/errors.ts';
import { OutcomeUnknown, Retryable } from '../../src/errors.ts';
import { toError, toReadError } from '../../src/providers/stripe/errors.ts';
import type { FaultKind, OrderFault } from '../faults.ts';
import type { OrderSpoil } from './flights.ts';

const MINUTE = 60_000;

/** What Duffel answers to a create-order that goes wrong. Source: docs/vendors.md. */
export const ORDER_SPOILS: Record<OrderFault, OrderSpoil> = {
  order_200: { lateMs: 20_000 },
  order_202_soon: { lateMs: MINUTE },
  order_202_hours: { lateMs: 20 * 60 * MINUTE },
  // Later than anybody waits.
  order_202_days: { lateMs: 80 * 60 * MINUTE },
  order_202_fails: { failsMs: 30_000 },
  order_never: { reply: { status: 202, body: { data: {} } } },
  order_twice: { twice: true },
  order_stranger: { stranger: true },
  order_unreadable: { unreadableMs: 0 },
  order_unreadable_hours: { unreadableMs: 80 * 60 * MINUTE },
  order_5xx: { reply: problem(502, 'airline_error', 'airline_unknown', 'Unknown.') },
  order_5xx_made: { made: true, reply: problem(500, 'api_error', 'internal_server_error', 'Sorry.') },
  order_proxy_502: { reply: { status: 502, body: '<html>' } },
  order_503: { reply: problem(503, 'api_error', 'service_unavailable', 'Not now.') },
  order_not_created: { reply: problem(502, 'airline_error', 'order_not_created', 'No.') },
  order_duplicate: { reply: problem(422, 'invalid_state_error', 'duplicate_booking', 'Twice.') },
  offer_expired: { reply: problem(422, 'invalid_state_error', 'offer_expired', 'Expired.') },
  price_changed: { reply: problem(422, 'invalid_state_error', 'price_changed', 'Dearer.') },
  insufficient_balance: { reply: problem(422, 'invalid_state_error', 'insufficient_balance', 'Top up.') },
  invalid_passenger: { reply: problem(422, 'validation_error', 'invalid_passenger_name', 'Name.') },
};

/** What the caller is thrown when a call fails without having been asked of the vendor, or without its answer. */
export function failureOf(call: string, kind: FaultKind): Error {
  const stripe = call.startsWith('payments.');
  if (kind === 'rate_limit')
    return stripe
      ? toError({ kind: 'rate_limited' })
      : new Retryable('rate_limit_exceeded', 'the rate limit of Duffel is reached', { retryAfterMs: 10_000 });
  if (stripe) {
    const isRead = call.startsWith('payments.authorization');
    return (isRead ? toReadError : toError)({ kind: 'no_answer' });
  }
  if (call === 'flights.createOrder') return new OutcomeUnknown('order_answer_lost', 'no readable answer');
  return new Retryable(kind === 'reset' ? 'duffel_unreachable' : 'duffel_503', 'no answer');
}

/** The card network refuses a capture for good. */
export const refusalOf = (code = 'charge_expired_for_capture'): Error => toError({ kind: 'refused', code });

/** The statuses of those refusals that do not come as 422. */
const STATUS: Record<string, number> = { order_not_created: 502, service_unavailable: 503 };

/** A definite no of Duffel's, with this code. */
export const refusedWith = (code: string): OrderSpoil => ({
  reply: problem(STATUS[code] ?? 422, 'invalid_state_error', code, 'No.'),
});
