import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailArrives, mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError, fault, stripeError } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(() => harness.endWatching());

/** What the ledger holds beyond this moment: each test starts from an empty one of its own. */
async function freshLedger(): Promise<void> {
  const { payments } = harness.sandbox.stripe;
  payments.intents.clear();
  payments.refunds.length = 0;
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
}

test.each([
  ['a declined card', 'pm_card_chargeCustomerFail', 'generic_decline', /card was not accepted/],
  [
    'insufficient funds',
    'pm_card_chargeDeclinedInsufficientFunds',
    'insufficient_funds',
    /card was not accepted/,
  ],
])(
  '%s: nothing ordered, nothing held, one mail; another card brings the trip back',
  async (_name, card, code, subject) => {
    await freshLedger();
    const email = `${code}@traveller.example`;
    const user = await harness.user(undefined, { email });
    const trip = await user.trip({}, card);
    const failed = await user.reaches(trip.id, 'FAILED');
    expect(failed.outcome.code).toBe(code);
    await mailArrives(harness.sandbox, email, subject);
    expectNothingBought(harness.sandbox);
    expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(0);
    expect(ledgerOf(harness.sandbox).paymentIntents.map((intent) => intent.status)).toEqual(['canceled']);
    expect(mailTo(harness.sandbox, email)).toHaveLength(1);

    const paymentMethodId = await user.card('pm_card_mastercard');
    expect((await user.call('PATCH', `/api/trips/${trip.id}`, { paymentMethodId })).status).toBe(200);
    await user.reaches(trip.id, 'BOOKED');
    expectOneTicket(harness.sandbox);
  },
);

test('a lost answer to the authorization: the SDK asks again under the same key, and one authorization exists', async () => {
  await freshLedger();
  harness.sandbox.faults.add(fault({ target: 'stripe.payment_intents.create', fault: 'lost_answer' }));
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(ledgerOf(harness.sandbox).paymentIntents).toHaveLength(1);
});

test('an authorization whose answer never comes back is found by its attempt and used', async () => {
  await freshLedger();
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.create', fault: 'lost_answer', times: 4 }),
  );
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  expect((await user.timeline(id)).map((entry) => entry.type)).toContain('payment.unknown');
  expect(ledgerOf(harness.sandbox).paymentIntents).toHaveLength(1);
  expectOneTicket(harness.sandbox);
});

test('a 500 that Stripe has stored is not repeated for ever: nothing stays authorized, and the trip is watched again', async () => {
  await freshLedger();
  harness.sandbox.faults.add(stripeError('stripe.payment_intents.create', 500, { type: 'api_error' }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the attempt to be given up', async () =>
    (await user.timeline(id)).some(
      (entry) => entry.type === 'booking.undone' && entry.detail.code === 'payment_unconfirmed',
    ),
  );
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('lost answers to capture and release are looked up, not repeated', async () => {
  await freshLedger();
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.capture', fault: 'lost_answer', times: 3 }),
  );
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('a capture that is refused for good → the order is cancelled and the authorization voided', async () => {
  await freshLedger();
  const refusal = { type: 'invalid_request_error', code: 'charge_expired_for_capture' };
  harness.sandbox.faults.add({ ...stripeError('stripe.payment_intents.capture', 400, refusal), times: 9 });
  // Giving back meets trouble too: the airline is busy, and the answer to the confirmation is lost.
  harness.sandbox.faults.add(
    duffelError('duffel.order_cancellations.create', 503, 'api_error', 'service_unavailable'),
  );
  harness.sandbox.faults.add(fault({ target: 'duffel.order_cancellations.confirm', fault: 'lost_answer' }));
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.cancel', fault: 'lost_answer', times: 3 }),
  );
  const user = await harness.user(undefined, { email: 'capture@traveller.example' });
  const { id } = await user.trip();
  await user.reaches(id, 'FAILED');
  expectNothingBought(harness.sandbox);
  expect(ledgerOf(harness.sandbox).orders.map((order) => order.status)).toEqual(['cancelled']);
  await mailArrives(harness.sandbox, 'capture@traveller.example', /could not book/);
});

test('an authorization that lapsed at the issuer is noticed before capture, and the order cancelled', async () => {
  await freshLedger();
  harness.sandbox.faults.add(fault({ target: 'stripe.payment_intents.capture', fault: 'reset', times: 50 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the order', async () => ledgerOf(harness.sandbox).orders.length === 1);
  const [intent] = [...harness.sandbox.stripe.payments.intents.values()];
  const charge = harness.sandbox.stripe.payments.charges.get(String(intent?.latest_charge));
  if (charge) charge.payment_method_details.card.capture_before = 1;
  await user.reaches(id, 'FAILED');
  expectNothingBought(harness.sandbox);
});

test('an order that can not be cancelled goes to a person, with an alert, and the money stays authorized', async () => {
  await freshLedger();
  harness.sandbox.duffel.prices.pin('LHR', 'BOS', { amount: '300.00', currency: 'GBP', refundable: false });
  const refusal = { type: 'invalid_request_error', code: 'charge_expired_for_capture' };
  harness.sandbox.faults.add({ ...stripeError('stripe.payment_intents.capture', 400, refusal), times: 9 });
  const user = await harness.user();
  const { id } = await user.trip({ destination: 'BOS' });
  const trip = await user.reaches(id, 'needs_human');
  expect(trip.status).toBe('BOOKING');
  await until('the alert', async () =>
    harness.sandbox.intake.alerts.some(({ body }) => JSON.stringify(body).includes(id)),
  );
  const [attempt] = await harness.database.query(
    `select status, error_code from booking_attempts where trip_id = $1`,
    [id],
  );
  expect(attempt).toMatchObject({ status: 'NEEDS_HUMAN', error_code: 'order_not_refundable' });
  expect((await user.call('POST', `/api/trips/${id}/cancel`)).status).toBe(409);
});

test('a captured and refunded payment does not keep a trip from being booked later', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  // The capture is done, and its answer says that it was refused: the ticket is given back, then the money is found.
  harness.sandbox.faults.add({
    ...stripeError('stripe.payment_intents.capture', 400, {
      type: 'invalid_request_error',
      code: 'charge_expired_for_capture',
    }),
    times: 4,
  });
  await user.reaches(id, 'FAILED');
  const intent = [...harness.sandbox.stripe.payments.intents.values()].find(
    ({ metadata }) => metadata.trip_id === id,
  );
  const charge = harness.sandbox.stripe.payments.charges.get(String(intent?.latest_charge));
  if (!intent || !charge) throw new Error('nothing was ever held');
  // As Stripe shows a payment that was captured and refunded in full.
  Object.assign(intent, { status: 'succeeded', amount_received: intent.amount });
  Object.assign(charge, { captured: true, amount_captured: charge.amount, amount_refunded: charge.amount });
  harness.sandbox.faults.clear();
  const resumed = await user.call('PATCH', `/api/trips/${id}`, {
    maxPrice: { amount: '415.00', currency: 'GBP' },
    consent: true,
  });
  expect(resumed.status).toBe(200);
  await user.reaches(id, 'BOOKED');
});
