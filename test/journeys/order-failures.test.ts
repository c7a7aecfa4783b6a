import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailArrives } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
  price('LHR', 'JFK');
});
afterEach(() => harness.endWatching());

const price = (origin: string, destination: string, amount = '399.00') =>
  harness.sandbox.duffel.prices.pin(origin, destination, { amount, currency: 'GBP', refundable: true });
const orderCalls = () => callsTo(harness.sandbox, 'duffel.orders.create');
/** Far enough ahead not to have passed when it is read: past it, a whole window is waited for. */
const windowEndsSoon = () => ({ 'ratelimit-reset': new Date(Date.now() + 6_000).toUTCString() });
const compensatedWith = async (user: Awaited<ReturnType<Harness['user']>>, id: string, code: string) =>
  until(`an attempt compensated with ${code}`, async () =>
    (await user.timeline(id)).some((entry) => entry.type === 'booking.undone' && entry.detail.code === code),
  );

async function onRoute(origin: string, destination: string, email?: string) {
  price(origin, destination);
  const user = await harness.user(undefined, email ? { email } : {});
  return { user, id: (await user.trip({ origin, destination })).id };
}

test('an offer gone at the second look is left alone, and the trip watched on', async () => {
  const { user, id } = await onRoute('LGW', 'LHR');
  await compensatedWith(user, id, 'offer_no_longer_available');
  expect(orderCalls()).toBe(0);
  expect(ledgerOf(harness.sandbox).paymentIntents).toEqual([]);
});

test('a price that rose above the cap is reported, not paid', async () => {
  const { user, id } = await onRoute('LHR', 'STN', 'risen@traveller.example');
  await compensatedWith(user, id, 'no_longer_fits');
  const mail = await mailArrives(harness.sandbox, 'risen@traveller.example', /fare moved/);
  expect(mail.text).toContain('438.90 GBP');
  expectNothingBought(harness.sandbox);
  expect(orderCalls()).toBe(0);
  // It would be bought in the next test, whose fare fits it too.
  await user.call('POST', `/api/trips/${id}/cancel`);
});

test('a price risen within the cap is bought at the price last read', async () => {
  price('LHR', 'STN', '300.00');
  const user = await harness.user();
  const { id } = await user.trip({ origin: 'LHR', destination: 'STN' });
  const booked = await user.reaches(id, 'BOOKED');
  expect(booked.booking?.price.amount).toBe('330.00');
  expectOneTicket(harness.sandbox);
});

test.each([
  ['validation_error', 'payment_amount_does_not_match_order_amount', 422],
  ['airline_error', 'price_changed', 422],
  ['invalid_state_error', 'offer_no_longer_available', 422],
  ['airline_error', 'order_not_created', 502],
  ['api_error', 'service_unavailable', 503],
])('%s %s: the hold is released, and a later attempt buys', async (type, code, status) => {
  harness.sandbox.faults.add(duffelError('duffel.orders.create', status, type, code));
  const user = await harness.user();
  const { id } = await user.trip();
  await compensatedWith(user, id, code);
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(
    ledgerOf(harness.sandbox)
      .paymentIntents.map((intent) => intent.status)
      .sort(),
  ).toEqual(['canceled', 'succeeded']);
});

test.each([
  ['validation_error', 'invalid_passenger_name', /need you/],
  ['validation_error', 'invalid_phone_number', /need you/],
  ['invalid_state_error', 'some_refusal_we_never_heard_of', /could not book/],
])('%s %s: the trip fails and says so; nothing is held', async (type, code, subject) => {
  harness.sandbox.faults.add(duffelError('duffel.orders.create', 422, type, code));
  const user = await harness.user(undefined, { email: `${code}@traveller.example` });
  const { id } = await user.trip();
  expect((await user.reaches(id, 'FAILED')).outcome.code).toBe(code);
  await mailArrives(harness.sandbox, `${code}@traveller.example`, subject);
  expectNothingBought(harness.sandbox);
  expect(orderCalls()).toBe(1);
});

test('our own balance too low: the trip fails, nothing is held, ops are alerted', async () => {
  const { user, id } = await onRoute('LGW', 'STN');
  expect((await user.reaches(id, 'FAILED')).outcome.code).toBe('insufficient_balance');
  expectNothingBought(harness.sandbox);
  await until('the alert', async () =>
    harness.sandbox.intake.alerts.some(({ body }) => JSON.stringify(body).includes(id)),
  );
});

test('429 on create-order: sent again when the header allows → one ticket', async () => {
  const headers = windowEndsSoon();
  harness.sandbox.faults.add(
    duffelError('duffel.orders.create', 429, 'rate_limit_error', 'rate_limit_exceeded', headers),
  );
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(orderCalls()).toBe(2);
});

test.each([
  ['search', 'duffel.offer_requests.create', 429, 'rate_limit_exceeded'],
  ['search', 'duffel.offer_requests.create', 503, 'service_unavailable'],
  ['search', 'duffel.offer_requests.create', 504, 'gateway_timeout_error'],
  ['reading the offer', 'duffel.offers.get', 429, 'rate_limit_exceeded'],
  ['reading the offer', 'duffel.offers.get', 503, 'service_unavailable'],
  ['reading the offer', 'duffel.offers.get', 504, 'gateway_timeout_error'],
])('%s meets %s %i: it is tried again and bought once', async (_stage, target, status, code) => {
  const headers = windowEndsSoon();
  harness.sandbox.faults.add(duffelError(target, status, 'api_error', code, headers));
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('a search that always times out is an outcome, not an error', async () => {
  const { user, id } = await onRoute('STN', 'LHR');
  const trip = await user.reaches(id, 'search_failed');
  expect(trip.status).toBe('PENDING');
});

test.each(['lost_answer', 'truncated'] as const)(
  '%s to create-order: the one real order is adopted',
  async (kind) => {
    harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: kind }));
    const user = await harness.user();
    const { id } = await user.trip();
    const booked = await user.reaches(id, 'BOOKED');
    expect(booked.booking?.ticketNumbers).toHaveLength(1);
    expect((await user.timeline(id)).map((entry) => entry.type)).toContain('order.adopted');
    expect(orderCalls()).toBe(1);
    expectOneTicket(harness.sandbox);
  },
);

test.each(['reset', 'timeout'] as const)(
  '%s with no order behind it: never posted again, and voided once that is known',
  async (kind) => {
    harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: kind }));
    const user = await harness.user(undefined, { email: `${kind}@traveller.example` });
    const { id } = await user.trip();
    expect((await user.reaches(id, 'FAILED', 30_000)).outcome.code).toBe('order_unconfirmed');
    expect(orderCalls()).toBe(1);
    expectNothingBought(harness.sandbox);
    await mailArrives(harness.sandbox, `${kind}@traveller.example`, /could not book/);
  },
);

test('502 airline_unknown: looked up, one POST, nothing held', async () => {
  const { user, id } = await onRoute('LHR', 'LGW');
  expect((await user.reaches(id, 'FAILED', 30_000)).outcome.code).toBe('order_unconfirmed');
  expect(orderCalls()).toBe(1);
  expectNothingBought(harness.sandbox);
});

test.each([
  ['200', 'LTN', 'STN'],
  ['202', 'SEN', 'STN'],
])('answer %s: the order that appears later is adopted', async (_status, origin, destination) => {
  const { user, id } = await onRoute(origin, destination);
  await user.reaches(id, 'BOOKED', 30_000);
  expect(orderCalls()).toBe(1);
  expectOneTicket(harness.sandbox);
});

test('504 on create-order, and 503s while it is looked up: one POST, nothing stays authorized', async () => {
  harness.sandbox.faults.add(duffelError('duffel.orders.create', 504, 'api_error', 'gateway_timeout_error'));
  harness.sandbox.faults.add({
    ...duffelError('duffel.orders.list', 503, 'api_error', 'service_unavailable'),
    times: 3,
  });
  const user = await harness.user();
  const { id } = await user.trip();
  expect((await user.reaches(id, 'FAILED', 30_000)).outcome.code).toBe('order_unconfirmed');
  expect(orderCalls()).toBe(1);
  expectNothingBought(harness.sandbox);
});

test('a 503 from a proxy, without the vendor’s envelope, says nothing about the order: it is looked up', async () => {
  harness.sandbox.faults.add(
    fault({ target: 'duffel.orders.create', fault: 'status', status: 503, body: '<html>busy</html>' }),
  );
  const user = await harness.user();
  const { id } = await user.trip();
  expect((await user.reaches(id, 'FAILED', 30_000)).outcome.code).toBe('order_unconfirmed');
  expect(orderCalls()).toBe(1);
});

test('an order that appears after the window is cancelled', async () => {
  harness.sandbox.world.settings.lateOrderMs = 9_000;
  const { user, id } = await onRoute('SEN', 'STN');
  await user.reaches(id, 'FAILED', 30_000);
  await until('the late order to be cancelled', async () =>
    ledgerOf(harness.sandbox).orders.some((order) => order.status === 'cancelled'),
  );
  expectNothingBought(harness.sandbox);
  harness.sandbox.world.settings.lateOrderMs = 1_000;
});

test('an offer about to expire is not bought', async () => {
  harness.sandbox.world.settings.offerTtlMs = 50_000;
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'no_match');
  expect(orderCalls()).toBe(0);
  expect(ledgerOf(harness.sandbox).paymentIntents).toEqual([]);
  harness.sandbox.world.settings.offerTtlMs = 30 * 60_000;
});
