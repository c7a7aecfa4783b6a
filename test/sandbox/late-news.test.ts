import { Duffel } from '@duffel/api';
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { defaults } from '../../sandbox/world.ts';
import { ADA } from '../contracts/flights/seller-under-test.ts';
import { inDays } from '../support/client.ts';
import { stripeSdk } from '../support/stripe-sdk.ts';
import { until } from '../support/until.ts';

/** What the vendors show late, in another order, or no longer; the stand-ins do so too. */
let sandbox: Sandbox;
let duffel: Duffel;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox({ duffelRateLimit: 10_000 });
  duffel = new Duffel({ token: 'duffel_test_sandbox', basePath: `${sandbox.url}/duffel/` });
  stripe = stripeSdk(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(() => {
  const { listLagMs, readLagMs, ticketsLateMs } = defaults;
  Object.assign(sandbox.world.settings, { listLagMs, readLagMs, ticketsLateMs });
});

async function buy(passengers = 1) {
  const { data } = await duffel.offerRequests.create({
    slices: [
      {
        origin: 'LHR',
        destination: 'JFK',
        departure_date: inDays(30),
        departure_time: null,
        arrival_time: null,
      },
    ],
    passengers: Array.from({ length: passengers }, () => ({ type: 'adult' as const })),
    cabin_class: 'economy',
    return_offers: true,
  });
  const [offer] = data.offers;
  if (!offer) throw new Error('no offer');
  const order = await duffel.orders.create({
    type: 'instant',
    selected_offers: [offer.id],
    passengers: offer.passengers.map(({ id }, index) => ({
      id,
      title: 'ms',
      given_name: `Ada${'a'.repeat(index)}`,
      family_name: ADA.familyName,
      gender: 'f',
      born_on: ADA.bornOn,
      email: ADA.email,
      phone_number: ADA.phone,
    })),
    payments: [{ type: 'balance', amount: offer.total_amount, currency: offer.total_currency }],
  });
  return order.data;
}
const listed = async () => (await duffel.orders.list()).data.map(({ id }) => id);
/** As a reader of the control API sets it. */
const lag = (settings: object) =>
  fetch(`${sandbox.url}/_sandbox/lag`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });

describe('Duffel', () => {
  test('an order is missing from the list, and by its id, for a while after its 201', async () => {
    expect((await lag({ listLagMs: 3_600_000, readLagMs: 60_000 })).status).toBe(204);
    const { id } = await buy();
    expect(await listed()).not.toContain(id);
    await expect(duffel.orders.get(id)).rejects.toMatchObject({
      status: 404,
      errors: [{ code: 'not_found' }],
    });
    sandbox.world.advance(60_000);
    expect((await duffel.orders.get(id)).data.id).toBe(id);
    expect(await listed()).not.toContain(id);
    sandbox.world.advance(3_600_000);
    expect(await listed()).toContain(id);
  });

  test('tickets are issued late, the last passenger first, beside a document that is none', async () => {
    sandbox.world.settings.ticketsLateMs = 30;
    const { id, passengers, documents } = await buy(2);
    expect(documents).toEqual([]);
    const read = async () => (await duffel.orders.get(id)).data.documents ?? [];
    await until('all documents', async () => (await read()).length === 3);
    const shown = (await read()).map((one) => [
      one.type,
      ...(one as never as { passenger_ids: string[] }).passenger_ids,
    ]);
    const [ada, other] = passengers.map((passenger) => passenger.id);
    expect(shown).toEqual([
      ['electronic_miscellaneous_document_associated', ada],
      ['electronic_ticket', other],
      ['electronic_ticket', ada],
    ]);
    const updates = sandbox.webhooks.deliveries.filter(
      ({ type, body }) => type === 'order.updated' && body.includes(id),
    );
    // Each is other news under the same key: the id of what it is about.
    expect(updates.map(({ body }) => JSON.parse(body).idempotency_key)).toEqual([id, id, id]);
    expect(new Set(updates.map(({ body }) => JSON.parse(body).id)).size).toBe(3);
  });

  test('webhooks are thin: an order is named with its offer, and with nothing else', async () => {
    const { id, offer_id } = (await buy()) as { id: string; offer_id?: string };
    const created = sandbox.webhooks.deliveries.find(
      ({ type, body }) => type === 'order.created' && body.includes(id),
    );
    expect(JSON.parse(created?.body ?? '')).toMatchObject({ idempotency_key: id });
    expect(JSON.parse(created?.body ?? '').data.object).toEqual({ id, offer_id });
  });

  test('quotes are listed, newest first; one that has expired is not confirmed', async () => {
    const { id: order_id } = await buy();
    const first = await duffel.orderCancellations.create({ order_id });
    const second = await duffel.orderCancellations.create({ order_id });
    const query = new URLSearchParams({ order_id });
    const answer = await fetch(`${sandbox.url}/duffel/air/order_cancellations?${query}`, {
      headers: { authorization: 'Bearer duffel_test_sandbox', 'duffel-version': 'v2' },
    });
    const { data } = (await answer.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual([second.data.id, first.data.id]);
    sandbox.world.advance(16 * 60_000);
    await expect(duffel.orderCancellations.confirm(second.data.id)).rejects.toMatchObject({
      errors: [{ code: 'order_cancellation_stale' }],
    });
  });

  test('an order whose first flight has left is no longer cancelled online, whatever was quoted before', async () => {
    const { id: order_id } = await buy();
    sandbox.duffel.orders.terms.set(order_id, { quoteTtlMs: 90 * 86_400_000 });
    const { data: quote } = await duffel.orderCancellations.create({ order_id });
    sandbox.world.advance(32 * 86_400_000);
    expect((await duffel.orders.get(order_id)).data.available_actions).toEqual(['update']);
    for (const call of [
      duffel.orderCancellations.create({ order_id }),
      duffel.orderCancellations.confirm(quote.id),
    ])
      await expect(call).rejects.toMatchObject({ errors: [{ code: 'order_not_cancellable' }] });
  });

  test('an unknown cursor is refused, and does not begin anew', async () => {
    const list = duffel.orders.list({ after: 'ord_none' } as Parameters<typeof duffel.orders.list>[0]);
    await expect(list).rejects.toMatchObject({ meta: { status: 422 } });
  });
});

test('Stripe: an intent and a refund are missing from the lists for a while; by id they are there at once', async () => {
  sandbox.world.settings.listLagMs = 60_000;
  const { id } = await stripe.paymentIntents.create({
    amount: 42_000,
    currency: 'gbp',
    confirm: true,
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  await stripe.refunds.create({ payment_intent: id, amount: 100 });
  const seen = async () => [
    (await stripe.paymentIntents.list({ limit: 100 })).data.some((one) => one.id === id),
    (await stripe.refunds.list({ payment_intent: id })).data.length,
  ];
  expect(await seen()).toEqual([false, 0]);
  expect((await stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
  sandbox.world.advance(60_000);
  expect(await seen()).toEqual([true, 1]);
});
