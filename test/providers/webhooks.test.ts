import { createHmac, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Orders } from '../../sandbox/duffel/orders.ts';
import { Payments } from '../../sandbox/stripe/payments.ts';
import { type Vendor, Webhooks } from '../../sandbox/webhooks.ts';
import { World } from '../../sandbox/world.ts';
import { createDuffelWebhooks } from '../../src/providers/duffel/webhook.ts';
import { createStripeWebhooks } from '../../src/providers/stripe/webhook.ts';

const SECRET = 'whsec_test';
const NOW_S = 1_780_000_000;
const now = () => NOW_S * 1_000;
const receivers = {
  stripe: createStripeWebhooks(SECRET, now),
  duffel: createDuffelWebhooks(SECRET, now),
};
const HEADERS = { stripe: 'stripe-signature', duffel: 'x-duffel-signature' };

function signed(vendor: Vendor, body: string, at = NOW_S, secret = SECRET) {
  const v1 = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return { [HEADERS[vendor]]: `t=${at},v1=${v1}` };
}
const read = (vendor: Vendor, event: object) => {
  const body = JSON.stringify(event);
  return receivers[vendor].read(Buffer.from(body), signed(vendor, body));
};

/** What the stand-ins send while `act` runs. */
function eventsOf(act: (world: World, webhooks: Webhooks) => void) {
  const world = new World();
  const webhooks = new Webhooks(world);
  act(world, webhooks);
  world.stop();
  return webhooks.deliveries.map(({ vendor, body }) => read(vendor, JSON.parse(body)));
}

test.each(['stripe', 'duffel'] as const)(
  '%s: only what was signed with our secret, now, is read',
  (vendor) => {
    const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'a.b', data: { object: {} } });
    const receive = (headers: object, text = body) =>
      receivers[vendor].read(Buffer.from(text), { ...headers });
    expect(receivers[vendor].source).toBe(vendor);
    expect(receive(signed(vendor, body))).toMatchObject({
      provider: vendor,
      eventId: 'evt_1',
      type: 'a.b',
      refs: {},
    });
    expect(receive(signed(vendor, body, NOW_S - 299))).toMatchObject({ eventId: 'evt_1' });
    expect(receive(signed(vendor, body, NOW_S + 299))).toMatchObject({ eventId: 'evt_1' });
    for (const headers of [
      {},
      signed(vendor, body, NOW_S - 301),
      signed(vendor, body, NOW_S + 301),
      signed(vendor, body, NOW_S, 'whsec_other'),
      { [HEADERS[vendor]]: `t=${NOW_S},v1=${'0'.repeat(64)}` },
      { [HEADERS[vendor]]: `t=${NOW_S},v1=` },
      { [HEADERS[vendor]]: 'v1' },
      { [HEADERS[vendor]]: [signed(vendor, body)[HEADERS[vendor]]] },
    ])
      expect([headers, receive(headers)]).toEqual([headers, 'forged']);
    expect(receive(signed(vendor, body), `${body} `)).toBe('forged');
    for (const text of [
      '[]',
      '{}',
      '{"id":1,"type":"a","data":{"object":{}}}',
      '{"id":"e","type":"a","data":{}}',
    ])
      expect([text, receive(signed(vendor, text), text)]).toEqual([text, 'not_an_event']);
  },
);

test('Stripe: the intent and our attempt are read of an intent, its charge and its refund', () => {
  const attemptId = randomUUID();
  const events = eventsOf((world, webhooks) => {
    const payments = new Payments(world, webhooks);
    const intent = payments.create({
      amount: 1_000,
      currency: 'gbp',
      capture_method: 'manual',
      confirm: 'true',
      off_session: 'true',
      payment_method: 'pm_card_visa',
      automatic_payment_methods: { enabled: 'true', allow_redirects: 'never' },
      metadata: { attempt_id: attemptId },
    });
    payments.capture(intent, 1_000);
    payments.refund(intent, undefined, {});
  });
  const ids = events.map((event) => typeof event === 'object' && [event.type, event.refs]);
  const paymentIntentId = expect.stringMatching(/^pi_/);
  expect(ids).toEqual([
    ['payment_intent.amount_capturable_updated', { paymentIntentId, attemptId }],
    ['payment_intent.succeeded', { paymentIntentId, attemptId }],
    ['refund.created', { paymentIntentId, about: 'refund' }],
    ['charge.refunded', { paymentIntentId, about: 'refund' }],
  ]);
});

test('Duffel: the order and the offer are read of an order, and of events about one', () => {
  const events = eventsOf((world, webhooks) => {
    const orders = new Orders(world, webhooks);
    orders.event('order.created', { id: 'ord_1', offer_id: 'off_1' });
    orders.event('order.creation_failed', { offer_id: 'off_1' });
    orders.event('payment.created', { id: 'pay_1', order_id: 'ord_1' });
  });
  expect(events.map((event) => typeof event === 'object' && event.refs)).toEqual([
    { orderId: 'ord_1', offerId: 'off_1' },
    { offerId: 'off_1', orderFailed: true },
    { orderId: 'ord_1' },
  ]);
});

test.each([
  { data: { id: 'ord_1', offer_id: 'off_1' } },
  { data: { object: { offer_id: 'off_1' } }, idempotency_key: 'ord_1' },
  { data: { object: { order_id: 'ord_1', offer_id: 'off_1' } }, idempotency_key: 'pay_1' },
])('Duffel: an order is read of a thin event, wherever it is named: %j', (event) => {
  expect(read('duffel', { id: 'wev_1', type: 'order.created', ...event })).toMatchObject({
    refs: { orderId: 'ord_1', offerId: 'off_1' },
  });
});

test('Duffel: a failed order is named by its offer, or by no id of ours', () => {
  const key = Buffer.from('failed-por_1').toString('base64');
  const event = { id: 'wev_1', type: 'order.creation_failed', idempotency_key: key };
  const failed = (data: object) => read('duffel', { ...event, data });
  expect(failed({ object: { offer_id: 'off_1' } })).toMatchObject({
    dedupeKey: `order.creation_failed:${key}`,
    refs: { offerId: 'off_1', orderFailed: true },
  });
  expect(failed({ offer_id: 'off_1' })).toMatchObject({ refs: { offerId: 'off_1', orderFailed: true } });
  expect(failed({ object: {} })).toMatchObject({ refs: { orderFailed: true } });
});

test('Duffel: what happens once is the same news under another event id; an update of the same order is not', () => {
  const event = { id: 'wev_1', type: 'order.created', idempotency_key: 'ord_1', data: { object: {} } };
  const keyOf = (changes: object) => {
    const got = read('duffel', { ...event, ...changes });
    return typeof got === 'object' ? got.dedupeKey : got;
  };
  expect(keyOf({ id: 'wev_2' })).toBe(keyOf({}));
  const update = { type: 'order.updated' };
  expect(keyOf(update)).not.toBe(keyOf({}));
  expect(keyOf({ ...update, id: 'wev_2' })).not.toBe(keyOf(update));
});

test('what is no id is dropped', () => {
  const object = { id: 'pi_1', payment_intent: 7, metadata: { attempt_id: 'ada@parker.example' } };
  expect(read('stripe', { id: 'e', type: 'payment_intent.x', data: { object } })).toMatchObject({
    refs: { paymentIntentId: 'pi_1' },
  });
  const event = read('stripe', { id: 'e', type: 'charge.x', data: { object } });
  expect(typeof event === 'object' && event.refs).toEqual({});
});
