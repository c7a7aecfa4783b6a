import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { stripeError } from '../support/vendor-errors.ts';

/** Fares whose exact amount no card can be charged: they are passed over, and no trip ends by them. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
afterEach(() => harness.endWatching());

const price = (amount: string) =>
  harness.sandbox.duffel.prices.pin('KWI', 'CAI', { amount, currency: 'KWD', refundable: true });
const wanted = (maxPrice: string, currency = 'KWD') => ({
  origin: 'KWI',
  destination: 'CAI',
  maxPrice: { amount: maxPrice, currency },
});

test('the cheapest can not be charged, and the next can → the next is bought', async () => {
  price('100.009');
  const user = await harness.user();
  const { id } = await user.trip(wanted('140.000'));
  const { booking } = await user.reaches(id, 'BOOKED');
  expect(booking?.price).toEqual({ amount: '107.010', currency: 'KWD' });
});

test('none can be charged → the traveller reads why, and one that can be is bought to the last digit', async () => {
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
  price('100.001');
  const user = await harness.user();
  const { id } = await user.trip(wanted('140.000'));
  await user.reaches(id, 'not_chargeable');
  const offers = (await user.call('GET', `/api/trips/${id}/offers`)).body.data;
  expect(offers[0]).toMatchObject({
    fits: false,
    objections: ['100.001 KWD can not be charged to a card exactly: its last digit is not 0'],
  });
  expectNothingBought(harness.sandbox);
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(0);
  price('100.010');
  const { booking } = await user.reaches(id, 'BOOKED');
  expect(booking?.price).toEqual({ amount: '100.010', currency: 'KWD' });
  const [intent] = harness.sandbox.stripe.payments.intents.values();
  expect([intent?.amount, intent?.currency, intent?.status]).toEqual([100_010, 'kwd', 'succeeded']);
});

test('an offer that can not be charged is refused when it is picked by hand, and says why', async () => {
  price('100.001');
  const user = await harness.user();
  const { id } = await user.trip({ ...wanted('140.000'), autoBook: false, consent: undefined });
  await user.reaches(id, 'not_chargeable');
  const [offer] = (await user.call('GET', `/api/trips/${id}/offers`)).body.data;
  const answer = await user.call('POST', `/api/trips/${id}/book`, { offerId: offer.offerId });
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([
    422,
    expect.stringContaining('its last digit'),
  ]);
  expect((await user.read(id)).status).toBe('PENDING');
});

test('a cap below the least that a card is charged is refused when the trip is made', async () => {
  const user = await harness.user();
  const answer = await user.call('POST', '/api/trips', await user.tripRequest(wanted('0.29', 'GBP')));
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([{ field: 'maxPrice.amount', code: 'too_small' }]);
});

test('an amount that only Stripe knows to be too small ends no trip: it is watched on, and says why', async () => {
  const refusal = { type: 'invalid_request_error', code: 'amount_too_small' };
  harness.sandbox.faults.add(stripeError('stripe.payment_intents.create', 400, refusal));
  price('100.010');
  const user = await harness.user();
  const { id } = await user.trip(wanted('140.000'));
  const ended = await until('the attempt to end', async () =>
    (await user.timeline(id)).find(({ type }) => type === 'booking.undone'),
  );
  expect(ended.detail.code).toBe('not_chargeable');
  expect((await user.read(id)).status).not.toBe('FAILED');
});

test('a trip in a currency in which no card can be charged is refused when it is made', async () => {
  const user = await harness.user();
  const answer = await user.call('POST', '/api/trips', await user.tripRequest(wanted('50000000', 'IRR')));
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([
    { field: 'maxPrice.currency', message: 'is a currency in which no card can be charged' },
  ]);
});

test('the airline gives back an amount that no card takes → the next higher one is refunded', async () => {
  price('100.010');
  const user = await harness.user();
  const { id } = await user.trip(wanted('140.000'));
  const { booking } = await user.reaches(id, 'BOOKED');
  harness.sandbox.duffel.orders.terms.set(booking?.orderId ?? '', { refund_amount: '50.005' });
  expect((await user.call('POST', `/api/bookings/${booking?.id}/cancel`)).status).toBe(202);
  const refunded = await until('the refund', async () => {
    const { body } = await user.call('GET', `/api/bookings/${booking?.id}`);
    return body.cancellation.refund.status === 'arrived' ? body.cancellation : undefined;
  });
  expect(refunded).toMatchObject({
    airlineRefund: { amount: '50.005', currency: 'KWD' },
    refund: { amount: { amount: '50.010', currency: 'KWD' } },
  });
});
