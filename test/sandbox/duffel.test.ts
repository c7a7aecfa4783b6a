import { Duffel, DuffelError } from '@duffel/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { inDays } from '../support/client.ts';
import { until } from '../support/until.ts';

/** The stand-in is held to what Duffel documents, with Duffel's own SDK. */
let sandbox: Sandbox;
let duffel: Duffel;
beforeAll(async () => {
  sandbox = await startSandbox({ lateOrderMs: 50, duffelRateLimit: 500 });
  duffel = new Duffel({ token: 'duffel_test_sandbox', basePath: `${sandbox.url}/duffel/` });
});
afterAll(() => sandbox.close());

const ADA = {
  title: 'ms',
  given_name: 'Ada',
  family_name: 'Lovelace',
  gender: 'f',
  born_on: '1990-12-10',
  email: 'ada@x.example',
  phone_number: '+442080160509',
} as const;

async function search(origin: string, destination: string) {
  const { data } = await duffel.offerRequests.create({
    slices: [{ origin, destination, departure_date: inDays(30), departure_time: null, arrival_time: null }],
    passengers: [{ type: 'adult' }],
    cabin_class: 'economy',
    return_offers: true,
  });
  return data.offers;
}

type Offer = Awaited<ReturnType<typeof search>>[number];

async function cheapest(origin: string, destination: string): Promise<Offer> {
  const [offer] = await search(origin, destination);
  if (!offer) throw new Error(`no offer from ${origin} to ${destination}`);
  return offer;
}

/** What this file reads of an answer to create-order. */
interface Answer {
  data?: {
    id: string;
    total_amount: string;
    total_currency: string;
    documents: { unique_identifier: string }[];
  };
  errors?: { code: string }[];
}

/** Creates an order by hand: the SDK would hide the status, and has no type for a hold. */
async function order(offer: Offer, changes: object = {}) {
  const response = await fetch(`${sandbox.url}/duffel/air/orders`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer duffel_test_sandbox',
      'duffel-version': 'v2',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      data: {
        type: 'instant',
        selected_offers: [offer.id],
        passengers: offer.passengers.map(({ id }) => ({ id, ...ADA })),
        payments: [{ type: 'balance', amount: offer.total_amount, currency: offer.total_currency }],
        ...changes,
      },
    }),
  });
  const answer = (await response.json()) as Answer;
  return { status: response.status, code: answer.errors?.[0]?.code, order: answer.data };
}

async function ordersOf(offer: Offer): Promise<string[]> {
  // Duffel documents this filter; the SDK's types do not know it.
  const filter = { offer_id: offer.id } as Parameters<typeof duffel.orders.list>[0];
  return (await duffel.orders.list(filter)).data.map((one) => one.id);
}

test('an order is made once per offer request, paid to the penny, with a ticket', async () => {
  const [first, second] = (await search('LHR', 'JFK')) as [Offer, Offer];
  const paying = async (amount: string, currency: string) =>
    (await order(first, { payments: [{ type: 'balance', amount, currency }] })).code;
  expect(await paying('1.00', 'GBP')).toBe('payment_amount_does_not_match_order_amount');
  expect(await paying(first.total_amount, 'EUR')).toBe('payment_currency_does_not_match_order_currency');
  const made = await order(first);
  expect(made.status).toBe(201);
  expect(made.order?.documents.at(-1)?.unique_identifier).toMatch(/^125-\d{10}$/);
  expect((await order(second)).code).toBe('offer_request_already_booked');
  expect(await ordersOf(first)).toEqual([made.order?.id]);
});

test.each([
  ['LHR', 'LGW', 502, 'airline_unknown'],
  ['LGW', 'STN', 422, 'insufficient_balance'],
])('%s-%s: create-order answers %i %s and makes none', async (origin, destination, status, code) => {
  const offer = await cheapest(origin, destination);
  expect(await order(offer)).toMatchObject({ status, code });
  expect(await ordersOf(offer)).toEqual([]);
});

test.each([
  ['LTN', 'STN', 200, 'order.created', 1],
  ['SEN', 'STN', 202, 'order.created', 1],
  ['LCY', 'STN', 202, 'order.creation_failed', 0],
])(
  '%s-%s: create-order answers %i, a second call is refused, later comes %s',
  async (origin, destination, status, event, orders) => {
    const offer = await cheapest(origin, destination);
    expect((await order(offer)).status).toBe(status);
    expect(await ordersOf(offer)).toEqual([]);
    expect((await order(offer)).code).toBe('order_creation_already_attempted');
    await until(event, async () =>
      sandbox.webhooks.deliveries.some(({ type, body }) => type === event && body.includes(offer.id)),
    );
    expect(await ordersOf(offer)).toHaveLength(orders);
  },
);

test('routes that search strangely', async () => {
  expect(await search('PVD', 'RAI')).toEqual([]);
  await expect(search('STN', 'LHR')).rejects.toMatchObject({ status: 504 });
  expect((await cheapest('LHR', 'DXB')).slices[0]?.segments).toHaveLength(2);
  expect((await cheapest('JFK', 'EWR')).payment_requirements.requires_instant_payment).toBe(false);
  expect((await cheapest('BTS', 'MRU')).slices[0]?.segments[0]?.passengers[0]?.baggages).toEqual([]);
  expect((await cheapest('DXB', 'AMS')).slices[0]?.segments[0]?.stops).toHaveLength(1);
  const gone = await cheapest('LGW', 'LHR');
  await expect(duffel.offers.get(gone.id)).rejects.toMatchObject({
    errors: [{ code: 'offer_no_longer_available' }],
  });
  const rising = await cheapest('LHR', 'STN');
  const read = async () => Number((await duffel.offers.get(rising.id)).data.total_amount);
  const prices = [Number(rising.total_amount), await read(), await read()];
  expect(prices).toEqual(prices.toSorted((a, b) => a - b));
  expect(new Set(prices).size).toBe(3);
});

test('extras are sold with an offer, but not on the route without any', async () => {
  const servicesOn = async (origin: string, destination: string) => {
    const { id } = await cheapest(origin, destination);
    const { data } = await duffel.offers.get(id, { return_available_services: true });
    return data.available_services?.length;
  };
  expect([await servicesOn('LHR', 'JFK'), await servicesOn('BTS', 'ABV')]).toEqual([1, 0]);
});

test('an airline that changes its mind at each look; a refund that goes to airline credits', async () => {
  const changed = (await order(await cheapest('LHR', 'LTN'))).order?.id ?? '';
  const changes = async () => (await duffel.airlineInitiatedChanges.list(changed)).data.length;
  expect([await changes(), await changes()]).toEqual([1, 2]);
  const toSydney = (await order(await cheapest('LTN', 'SYD'))).order?.id ?? '';
  const { data: quote } = await duffel.orderCancellations.create({ order_id: toSydney });
  expect(quote.refund_to).toBe('airline_credits');
});

test.each([
  [{ given_name: 'Иван' }, 'invalid_passenger_name'],
  [{ phone_number: '0123' }, 'invalid_phone_number'],
  [{ title: 'lord' }, 'invalid_passenger_title'],
])('passengers with %o are refused', async (changes, code) => {
  const offer = await cheapest('LHR', 'JFK');
  const passengers = offer.passengers.map(({ id }) => ({ id, ...ADA, ...changes }));
  expect((await order(offer, { passengers })).code).toBe(code);
});

test('a hold is paid later, once; only the newest cancellation quote confirms', async () => {
  const { order: held } = await order(await cheapest('LHR', 'CDG'), { type: 'hold', payments: undefined });
  if (!held) throw new Error('the hold was refused');
  expect(held).toMatchObject({ documents: [], payment_status: { awaiting_payment: true } });
  const payment = { type: 'balance' as const, amount: held.total_amount, currency: held.total_currency };
  await duffel.payments.create({ order_id: held.id, payment });
  await expect(duffel.payments.create({ order_id: held.id, payment })).rejects.toMatchObject({
    errors: [{ code: 'already_paid' }],
  });
  const stale = await duffel.orderCancellations.create({ order_id: held.id });
  const newest = await duffel.orderCancellations.create({ order_id: held.id });
  await expect(duffel.orderCancellations.confirm(stale.data.id)).rejects.toMatchObject({
    errors: [{ code: 'order_cancellation_stale' }],
  });
  await duffel.orderCancellations.confirm(newest.data.id);
  expect((await duffel.orders.get(held.id)).data.cancelled_at).not.toBeNull();
});

test('an expired offer can not be bought, and headers state the rate limit', async () => {
  const offer = await cheapest('LHR', 'JFK');
  sandbox.world.advance(31 * 60_000);
  expect((await order(offer)).code).toBe('offer_expired');
  sandbox.world.settings.duffelRateLimit = 1;
  const refused: unknown = await duffel.offers.get(offer.id).catch((error: unknown) => error);
  if (!(refused instanceof DuffelError)) throw new Error('the limit was not kept');
  expect(refused).toMatchObject({ status: 429, errors: [{ code: 'rate_limit_exceeded' }] });
  expect(Date.parse(refused.headers.get('ratelimit-reset') ?? '')).toBeGreaterThan(Date.now());
});
