import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { expectNothingBought, expectOneTicket, lateAuthorization, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());

const stripeEvent = (type: string, object: object = { id: `pi_${randomUUID()}` }) =>
  JSON.stringify({ id: `evt_${randomUUID()}`, object: 'event', type, data: { object } });
const duffelEvent = (type: string, object: object, id = `wev_${randomUUID()}`) =>
  JSON.stringify({ id, type, data: { object }, idempotency_key: id, live_mode: false });

async function post(
  vendor: 'stripe' | 'duffel',
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  const { status } = await fetch(`${harness.url}/api/webhooks/${vendor}`, { method: 'POST', headers, body });
  return status;
}
const stored = async () =>
  (await harness.database.query('select event_id, outcome from webhook_events')) as {
    event_id: string;
    outcome: string | null;
  }[];

test.each(['stripe', 'duffel'] as const)(
  '%s: forged, stale, future and unsigned events are refused and not stored',
  async (vendor) => {
    const body =
      vendor === 'stripe'
        ? stripeEvent('payment_intent.succeeded')
        : duffelEvent('order.created', { id: 'ord_x' });
    const now = Math.floor(Date.now() / 1_000);
    const { sign } = harness.sandbox.webhooks;
    const signed = (text: string, at = now) => sign.call(harness.sandbox.webhooks, vendor, text, at);
    const before = (await stored()).length;
    expect(await post(vendor, body, { 'content-type': 'application/json' })).toBe(400);
    expect(await post(vendor, `${body} `, signed(body))).toBe(400);
    expect(await post(vendor, body, signed(body, now - 600))).toBe(400);
    expect(await post(vendor, body, signed(body, now + 600))).toBe(400);
    expect(await post(vendor, '[]', signed('[]'))).toBe(400);
    expect((await stored()).length).toBe(before);
    expect(await post(vendor, body, signed(body))).toBe(200);
    expect((await stored()).length).toBe(before + 1);
  },
);

test('a replayed event, and the same news under another id, are stored once', async () => {
  const body = duffelEvent('order.created', { id: 'ord_unknown' }, 'wev_replayed');
  const headers = harness.sandbox.webhooks.sign('duffel', body);
  expect(await Promise.all(Array.from({ length: 10 }, () => post('duffel', body, headers)))).toEqual(
    Array(10).fill(200),
  );
  const sameNews = JSON.stringify({ ...JSON.parse(body), id: 'wev_other' });
  expect(await post('duffel', sameNews, harness.sandbox.webhooks.sign('duffel', sameNews))).toBe(200);
  expect(
    (await stored()).filter((event) => ['wev_replayed', 'wev_other'].includes(event.event_id)),
  ).toHaveLength(1);
});

test('an event about an unknown object ends as nobody_of_ours', async () => {
  const body = stripeEvent('payment_intent.succeeded', {
    id: 'pi_of_somebody_else',
    metadata: { attempt_id: randomUUID() },
  });
  await post('stripe', body, harness.sandbox.webhooks.sign('stripe', body));
  const { id } = JSON.parse(body);
  await until(
    'the event to be looked into',
    async () => (await stored()).find((event) => event.event_id === id)?.outcome === 'nobody_of_ours',
  );
});

test('a webhook that lies about a payment changes nothing: only the provider is believed', async () => {
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 800 }));
  const user = await harness.user();
  const { id } = await user.trip();
  const intent = await until('the hold', async () =>
    [...harness.sandbox.stripe.payments.intents.values()].find((one) => one.metadata.trip_id === id),
  );
  const lie = stripeEvent('payment_intent.canceled', { ...intent, status: 'canceled' });
  expect(await post('stripe', lie, harness.sandbox.webhooks.sign('stripe', lie))).toBe(200);
  await user.reaches(id, 'BOOKED');
});

test('events delivered five times each, shuffled, and before our own answers: the same end', async () => {
  const { webhooks, stripe, duffel } = harness.sandbox;
  stripe.payments.intents.clear();
  duffel.orders.all.clear();
  Object.assign(webhooks, { copies: 5, shuffleMs: 300 });
  // The events of order and hold arrive while we still wait for the answers that would tell us of them.
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'lost_answer', delayMs: 0 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  await until('all events to be looked into', async () =>
    (await stored()).every((event) => event.outcome !== null),
  );
  expectOneTicket(harness.sandbox);
  expect((await user.read(id)).status).toBe('BOOKED');
  const types = (await user.timeline(id)).map((entry) => entry.type);
  expect(types.filter((type) => type === 'booking.confirmed')).toHaveLength(1);
  Object.assign(webhooks, { copies: 1, shuffleMs: 0 });
});

test('an authorization that appears after its attempt ended is voided', async () => {
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  const user = await harness.user();
  const { id } = await user.trip({}, 'pm_card_chargeCustomerFail');
  await user.reaches(id, 'FAILED');
  const [attempt] = await harness.database.query<{ id: string }>(
    'select id from booking_attempts where trip_id = $1',
    [id],
  );
  lateAuthorization(harness.sandbox, attempt?.id ?? '');
  await until('it to be released', async () =>
    ledgerOf(harness.sandbox).paymentIntents.every((intent) => intent.status === 'canceled'),
  );
  expectNothingBought(harness.sandbox);
  expect((await user.read(id)).status).toBe('FAILED');
});
