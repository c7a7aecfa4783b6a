import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, cancellationOf, penalise } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.sandbox.world.calls.length = 0;
  price('LHR', 'JFK', true);
});
afterEach(() => harness.endWatching());

const QUOTE = 'duffel.order_cancellations.create';
const ORDER = 'duffel.orders.get';
const price = (origin: string, destination: string, refundable: boolean) =>
  harness.sandbox.duffel.prices.pin(origin, destination, { amount: '399.00', currency: 'GBP', refundable });
const gbp = (amount: string) => ({ amount, currency: 'GBP' });

interface Booked {
  readonly user: Client;
  readonly tripId: string;
  readonly bookingId: string;
  readonly orderId: string;
}
async function booked(origin = 'LHR', destination = 'JFK'): Promise<Booked> {
  const user = await harness.user();
  const { id: tripId } = await user.trip({ origin, destination });
  const { booking } = await user.reaches(tripId, 'BOOKED');
  await until('the confirmation', async () =>
    (await user.timeline(tripId)).some(({ type }) => type === 'email.sent'),
  );
  return { user, tripId, bookingId: booking?.id ?? '', orderId: booking?.orderId ?? '' };
}
const quote = ({ user, bookingId }: Booked) => user.call('GET', `/api/bookings/${bookingId}/cancellation`);
const cancel = ({ user, bookingId }: Booked, body?: object) =>
  user.call('POST', `/api/bookings/${bookingId}/cancel`, body);
const bookingOf = async ({ user, bookingId }: Booked) =>
  (await user.call('GET', `/api/bookings/${bookingId}`)).body;
/** The trip says that its ticket is gone before its cancellation is over. */
const over = (booking: Booked) =>
  until(
    'the cancellation to be over',
    async () => (await bookingOf(booking)).cancellation?.status === 'cancelled',
  );
const quotes = () => callsTo(harness.sandbox, QUOTE);

test('a quote says what comes back and until when; it confirms nothing, and is asked for once a minute', async () => {
  const booking = await booked();
  penalise(harness.sandbox, booking.orderId);
  const { status, body } = await quote(booking);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    state: 'quoted',
    cancellable: true,
    price: gbp('399.00'),
    airlineRefund: gbp('349.00'),
    refundTo: 'balance',
    refund: gbp('349.00'),
    expiresAt: expect.stringMatching(/Z$/),
    cancellation: null,
  });
  expect(body.message).toMatch(/349\.00 GBP of 399\.00 GBP is refunded to your card.*5 to 10 business days/);
  const again = await quote(booking);
  expect(again.body.quotedAt).toBeTruthy();
  expect(again.body).toMatchObject({ refund: gbp('349.00'), expiresAt: body.expiresAt });
  expect(quotes()).toBe(1);
  expect(cancellationOf(harness.sandbox, booking.orderId)).toMatchObject({
    order: 'confirmed',
    confirmed: 0,
  });
  expect((await bookingOf(booking)).cancellation).toBeUndefined();
});

test.each([
  ['gives nothing back', 'LHR', 'BOS', false, gbp('0.00')],
  ['gives airline credits', 'LTN', 'SYD', true, gbp('0.00')],
] as const)('a fare that %s → not cancellable, and why', async (_fare, from, to, refundable, refund) => {
  price(from, to, refundable);
  const booking = await booked(from, to);
  const { body } = await quote(booking);
  expect(body).toMatchObject({ state: 'quoted', cancellable: false, refund });
  expect(body.message).toMatch(/gives (nothing|airline credits)/);
});

test('an airline that does not say → unknown is said as unknown, not as zero', async () => {
  const booking = await booked();
  const data = {
    id: 'ore_unknown',
    order_id: booking.orderId,
    refund_amount: null,
    refund_currency: null,
    refund_to: 'balance',
  };
  harness.sandbox.faults.add(fault({ target: QUOTE, fault: 'status', status: 201, body: { data } }));
  expect((await quote(booking)).body).toMatchObject({
    state: 'quoted',
    airlineRefund: null,
    refund: null,
    expiresAt: null,
    message: expect.stringMatching(/does not say/),
  });
});

test.each([
  [500, duffelError(QUOTE, 500, 'api_error', 'internal_server_error')],
  [422, duffelError(QUOTE, 422, 'invalid_state_error', 'order_type_not_eligible')],
])('the airline answers %s → 503 problem+json, and the next one may ask at once', async (_status, answer) => {
  const booking = await booked();
  harness.sandbox.faults.add({ ...answer, times: 9 });
  const refused = await quote(booking);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(refused.body.detail).toMatch(/Nothing was changed/);
  harness.sandbox.faults.clear();
  expect(await quote(booking)).toMatchObject({
    status: 200,
    body: { state: 'quoted', refund: gbp('399.00') },
  });
});

test('twelve ask at once → the airline is asked once; nobody gets another answer', async () => {
  const booking = await booked();
  harness.sandbox.faults.add(fault({ target: ORDER, delayMs: 300, fault: 'latency' }));
  const answers = await Promise.all(Array.from({ length: 12 }, () => quote(booking)));
  expect(quotes()).toBe(1);
  for (const { status, body } of answers)
    if (status === 200) expect(body).toMatchObject({ state: 'quoted', refund: gbp('399.00') });
    else expect([status, body.detail]).toEqual([503, expect.stringMatching(/being asked/)]);
  expect((await quote(booking)).status).toBe(200);
});

test('the airline has cancelled the order and given money back → a quote says so, and asking for it brings it', async () => {
  const booking = await booked();
  const order = harness.sandbox.duffel.orders.all.get(booking.orderId);
  if (!order) throw new Error('there is no order');
  const { orders } = harness.sandbox.duffel;
  harness.sandbox.webhooks.copies = 0;
  orders.confirmCancellation(orders.quoteCancellation(order, false).id);
  harness.sandbox.webhooks.copies = 1;
  expect((await quote(booking)).body).toMatchObject({
    state: 'quoted',
    cancellable: true,
    refund: gbp('399.00'),
  });
  expect((await cancel(booking)).status).toBe(202);
  await over(booking);
  expect(cancellationOf(harness.sandbox, booking.orderId).refunds).toEqual([39_900]);
});

test('the bank refuses the refund for now → nothing is said to be made good', async () => {
  const booking = await booked();
  const desk = harness.sandbox.stripe.payments.refundDesk;
  desk.setBalance('refuses');
  expect((await cancel(booking)).status).toBe(202);
  await until('a refusal', async () => {
    const rows = await harness.database.query(
      `select from refunds where booking_id = $1 and status = 'failed'`,
      [booking.bookingId],
    );
    return rows.length > 0;
  });
  const { cancellation } = await bookingOf(booking);
  expect(cancellation).toMatchObject({
    status: 'under_way',
    refund: { amount: gbp('399.00'), status: 'requested' },
    refunds: [],
  });
  desk.setBalance('enough');
  await until('the refund', async () => (await bookingOf(booking)).cancellation.refund.status === 'arrived');
  expect((await bookingOf(booking)).cancellation.refunds).toHaveLength(1);
});

test('while a cancellation is live its state is the answer, and no quote makes its own stale', async () => {
  const booking = await booked();
  await harness.stopWorkers();
  expect((await cancel(booking)).status).toBe(202);
  expect((await quote(booking)).body).toMatchObject({
    state: 'under_way',
    cancellable: false,
    refund: null,
    cancellation: {
      status: 'under_way',
      requestedBy: 'traveller',
      refund: { amount: null, status: 'unknown' },
    },
  });
  expect(quotes()).toBe(0);
  await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
  await over(booking);
  const { body } = await quote(booking);
  expect(body).toMatchObject({
    state: 'cancelled',
    refund: gbp('399.00'),
    cancellation: { status: 'cancelled', requestedBy: 'traveller', airlineRefund: gbp('399.00') },
  });
  expect(quotes()).toBe(1);
  // Booking, trip and quote are one story; the refund's progress is read where refunds are followed.
  const { cancellation } = await bookingOf(booking);
  expect(cancellation).toEqual(body.cancellation);
  expect(cancellation.refund.amount).toEqual(gbp('399.00'));
  expect(['requested', 'pending', 'arrived']).toContain(cancellation.refund.status);
  expect(cancellation.refunds).toMatchObject([{ amount: gbp('399.00') }]);
  expect((await booking.user.read(booking.tripId)).booking).toMatchObject({ cancellation });
});

test('the airline gives less by now than was accepted → nothing is confirmed, the booking stays, a mail says why', async () => {
  const booking = await booked();
  const { refund } = (await quote(booking)).body;
  penalise(harness.sandbox, booking.orderId);
  expect((await cancel(booking, { acceptRefund: refund })).status).toBe(202);
  const refused = await until('the refusal', async () => {
    const { cancellation } = await bookingOf(booking);
    return cancellation?.status === 'refused' && cancellation;
  });
  expect(refused).toMatchObject({ reason: expect.stringMatching(/less by now than you accepted/) });
  expect(cancellationOf(harness.sandbox, booking.orderId)).toEqual({
    order: 'confirmed',
    confirmed: 0,
    refunds: [],
  });
  expect((await booking.user.read(booking.tripId)).status).toBe('BOOKED');
  // What is on offer now may be accepted.
  expect((await cancel(booking, { acceptRefund: gbp('349.00') })).status).toBe(202);
  await over(booking);
  expect(cancellationOf(harness.sandbox, booking.orderId)).toMatchObject({ confirmed: 1, refunds: [34_900] });
});

test('after a cancellation the receipt has it, its refund as the bank says, and the money in order', async () => {
  const booking = await booked();
  penalise(harness.sandbox, booking.orderId);
  await cancel(booking);
  await over(booking);
  const { body } = await booking.user.call('GET', `/api/trips/${booking.tripId}/receipt`);
  expect(body.outcome.code).toBe('booking_cancelled');
  expect(body.cancellation).toMatchObject({
    status: 'cancelled',
    requestedBy: 'traveller',
    airlineRefund: gbp('349.00'),
    refund: { amount: gbp('349.00') },
  });
  expect(body.cancellation.finishedAt >= body.cancellation.requestedAt).toBe(true);
  expect(body.refunds).toEqual(body.cancellation.refunds);
  const kinds = body.money.events.map(({ kind }: { kind: string }) => kind);
  expect(kinds.slice(0, 4)).toEqual(['held', 'ticketed', 'charged', 'refund_requested']);
  expect(kinds).toContain('cancelled');
  // Whether the bank confirmed it is said by the refund alone.
  expect(kinds.includes('refunded')).toBe(body.refunds[0].status === 'arrived');
  const times = body.money.events.map(({ at }: { at: string }) => at);
  expect(times).toEqual(times.toSorted());
  expect(body.money.providers.payment.refunded).toEqual(gbp('349.00'));
  expect(body.money.providers.order.status).toBe('cancelled');
});

test('somebody else’s booking has no quote, and nothing is asked for it', async () => {
  const booking = await booked();
  const stranger = await harness.user();
  expect((await quote({ ...booking, user: stranger })).status).toBe(404);
  expect(quotes()).toBe(0);
});

test.each([
  ['another currency', { amount: '399.00', currency: 'EUR' }],
  ['more than was paid', gbp('399.01')],
  ['finer than a penny', gbp('1.005')],
])('an acceptRefund of %s → 422 naming the field, and nothing is requested', async (_which, acceptRefund) => {
  const booking = await booked();
  const { status, body } = await cancel(booking, { acceptRefund });
  expect(status).toBe(422);
  expect(body.errors).toEqual([
    { field: 'acceptRefund', code: 'invalid_value', message: expect.stringMatching(/GBP/) },
  ]);
  expect((await quote(booking)).body.state).toBe('quoted');
});
