import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Base, createBase } from '../../src/app/base.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { createMortals } from '../support/mortal.ts';
import { duffelError, stripeError } from '../support/vendor-errors.ts';

/** Every error the vendors document for the calls that move money or seats; the worker that hears of it dies at once. */
let harness: Harness;
let base: Base;
let mortals: ReturnType<typeof createMortals>;
beforeAll(async () => {
  harness = await createHarness({ queues: ['search'], env: { DUFFEL_ORDER_TIMEOUT_MS: '600' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  harness.sandbox.webhooks.copies = 0;
  base = await createBase(harness.config, 'parker_worker');
  mortals = createMortals(harness, base);
});
afterAll(async () => {
  await base.close();
  await harness.stop();
});

const ORDER_ERRORS: readonly [status: number, type: string, code: string, end: RegExp][] = [
  [422, 'invalid_state_error', 'offer_expired', /PENDING/],
  [422, 'invalid_state_error', 'offer_no_longer_available', /PENDING/],
  [422, 'invalid_state_error', 'offer_request_already_booked', /PENDING/],
  [422, 'airline_error', 'price_changed', /PENDING/],
  [422, 'validation_error', 'payment_amount_does_not_match_order_amount', /PENDING/],
  [422, 'validation_error', 'payment_currency_does_not_match_order_currency', /PENDING/],
  [422, 'validation_error', 'invalid_passenger_name', /FAILED/],
  [422, 'validation_error', 'invalid_passenger_title', /FAILED/],
  [422, 'validation_error', 'invalid_phone_number', /FAILED/],
  [422, 'validation_error', 'invalid_email_address', /FAILED/],
  [422, 'validation_error', 'duplicate_passenger_name', /FAILED/],
  [422, 'invalid_state_error', 'order_passengers_incompatible_with_offer', /FAILED/],
  [422, 'validation_error', 'validation_required', /FAILED/],
  [422, 'invalid_state_error', 'insufficient_balance', /FAILED/],
  [422, 'invalid_state_error', 'payment_declined', /FAILED/],
  [502, 'airline_error', 'order_not_created', /PENDING/],
  [503, 'api_error', 'service_unavailable', /PENDING/],
  [401, 'authentication_error', 'access_token_not_found', /PENDING/],
  [422, 'invalid_state_error', 'duplicate_booking', /FAILED/],
  [422, 'invalid_state_error', 'order_creation_already_attempted', /FAILED/],
  [500, 'api_error', 'internal_server_error', /FAILED/],
  [502, 'airline_error', 'airline_internal', /FAILED/],
  [502, 'airline_error', 'airline_unknown', /FAILED/],
  [504, 'api_error', 'gateway_timeout_error', /FAILED/],
];

const STRIPE_ERRORS: readonly [target: string, status: number, type: string, code: string][] = [
  ['create', 402, 'card_error', 'card_declined'],
  ['create', 402, 'card_error', 'expired_card'],
  ['create', 402, 'card_error', 'authentication_required'],
  ['create', 400, 'invalid_request_error', 'amount_too_small'],
  ['create', 400, 'invalid_request_error', 'amount_too_large'],
  ['create', 409, 'invalid_request_error', 'lock_timeout'],
  ['create', 401, 'invalid_request_error', 'api_key_expired'],
  ['create', 500, 'api_error', 'api_error'],
  ['capture', 400, 'invalid_request_error', 'payment_intent_unexpected_state'],
  ['capture', 400, 'invalid_request_error', 'charge_expired_for_capture'],
  ['capture', 400, 'invalid_request_error', 'capture_charge_authorization_expired'],
  ['capture', 409, 'invalid_request_error', 'lock_timeout'],
  ['capture', 500, 'api_error', 'api_error'],
];

/** Runs one attempt whose worker dies right after the call that failed; another goes on. */
async function withDeathAfter(call: string) {
  const { id, tripId, user } = await mortals.newAttempt();
  const path = await mortals.runToTheEnd(id, null, { dieAfter: call });
  const trip = await user.read(tripId);
  await harness.endWatching();
  // A refused key pauses every new booking for minutes: the next case starts without that pause.
  await harness.database.query('delete from account_troubles');
  return { trip, path, truth: mortals.truthAbout(tripId) };
}

describe('create-order answers', () => {
  test.each(ORDER_ERRORS)('%i %s %s', async (status, type, code, end) => {
    harness.sandbox.faults.add(duffelError('duffel.orders.create', status, type, code));
    const { trip, truth } = await withDeathAfter('flights.createOrder');
    // A worker that died with the answer in its hands leaves a call of unknown outcome: looked up, and not repeated.
    expect([code, trip.status]).toEqual([code, expect.stringMatching(/PENDING|FAILED/)]);
    expect(truth).toMatchObject({ liveOrders: 0, held: 0, taken: [] });
    harness.sandbox.faults.add(duffelError('duffel.orders.create', status, type, code));
    const alive = await withDeathAfter('nothing');
    expect([code, alive.trip.status]).toEqual([code, expect.stringMatching(end)]);
    expect(alive.truth).toMatchObject({ liveOrders: 0, held: 0, taken: [] });
    expect(alive.path.filter((call) => call === 'flights.createOrder')).toHaveLength(1);
  });
});

describe('Stripe answers', () => {
  test.each(STRIPE_ERRORS)('%s: %i %s %s', async (verb, status, type, code) => {
    const error = { ...stripeError(`stripe.payment_intents.${verb}`, status, { type, code }), times: 3 };
    for (const dieAfter of [verb === 'create' ? 'payments.authorize' : 'payments.capture', 'nothing']) {
      harness.sandbox.faults.add(error);
      const { trip, truth } = await withDeathAfter(dieAfter);
      const booked = trip.status === 'BOOKED';
      expect([code, truth.liveOrders, truth.held, truth.taken.length]).toEqual([
        code,
        booked ? 1 : 0,
        0,
        booked ? 1 : 0,
      ]);
      expect(truth.ordersEver).toBeLessThanOrEqual(1);
    }
  });
});
