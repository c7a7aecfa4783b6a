import { Duffel, DuffelError } from '@duffel/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { inDays } from '../support/client.ts';

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
    slices: [{ origin, destination, departure_date: inDays(30) }] as any,
    passengers: [{ type: 'adult' }],
    cabin_class: 'economy',
    return_offers: true,
  });
  return data.offers;
}

async function order(offer: any, changes: object = {}) {
  return fetch(`${sandbox.url}/duffel/air/orders`, {
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
        passengers: offer.passengers.map(({ id }: { id: string }) => ({ id, ...ADA })),
        payments: [{ type: 'balance', amount: offer.total_amount, currency: offer.total_currency }],
        ...changes,
      },
    }),
  });
}
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as any).errors?.[0]?.code;

test('an order is made once per offer request, paid to the penny, with a ticket', async () => {
  const [first, second] = await search('LHR', 'JFK');
  expect(
    await codeOf(await order(first, { payments: [{ type: 'balance', amount: '1.00', currency: 'GBP' }] })),
  ).toBe('payment_amount_does_not_match_order_amount');
  expect(
    await codeOf(
      await order(first, { payments: [{ type: 'balance', amount: first?.total_amount, currency: 'EUR' }] }),
    ),
  ).toBe('payment_currency_does_not_match_order_currency');
  const response = await order(first);
  expect(response.status).toBe(201);
  const { data } = (await response.json()) as any;
  expect(data.documents[0].unique_identifier).toMatch(/^125-\d{10}$/);
  expect(await codeOf(await order(second))).toBe('offer_request_already_booked');
  expect((await duffel.orders.list({ offer_id: first?.id } as any)).data.map((one) => one.id)).toEqual([
    data.id,
  ]);
});

test.each([
  ['LHR', 'LGW', 502, 'airline_unknown'],
  ['LGW', 'STN', 422, 'insufficient_balance'],
])('%s-%s: create-order answers %i %s and makes none', async (origin, destination, status, code) => {
  const [offer] = await search(origin, destination);
  const response = await order(offer);
  expect([response.status, await codeOf(response)]).toEqual([status, code]);
  expect([...sandbox.duffel.orders.all.values()].filter((one) => one.offer_id === offer?.id)).toEqual([]);
});

test.each([
  ['LTN', 'STN', 200, 1],
  ['SEN', 'STN', 202, 1],
  ['LCY', 'STN', 202, 0],
])(
  '%s-%s: create-order answers %i, and later there are %i orders; a second call is refused',
  async (origin, destination, status, orders) => {
    const [offer] = await search(origin, destination);
    expect((await order(offer)).status).toBe(status);
    expect(await codeOf(await order(offer))).toBe('order_creation_already_attempted');
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect((await duffel.orders.list({ offer_id: offer?.id } as any)).data).toHaveLength(orders);
  },
);

test('routes that search strangely', async () => {
  expect(await search('PVD', 'RAI')).toEqual([]);
  await expect(search('STN', 'LHR')).rejects.toMatchObject({ status: 504 });
  for (const offer of await search('LHR', 'DXB')) expect(offer.slices[0]?.segments.length).toBe(2);
  for (const offer of await search('JFK', 'EWR'))
    expect(offer.payment_requirements.requires_instant_payment).toBe(false);
  const [gone] = await search('LGW', 'LHR');
  await expect(duffel.offers.get(gone?.id ?? '')).rejects.toMatchObject({
    errors: [{ code: 'offer_no_longer_available' }],
  });
  const [rising] = await search('LHR', 'STN');
  const reads = [
    rising,
    (await duffel.offers.get(rising?.id ?? '')).data,
    (await duffel.offers.get(rising?.id ?? '')).data,
  ].map((one) => Number(one?.total_amount));
  expect(reads).toEqual(reads.toSorted((a, b) => a - b));
  expect(new Set(reads).size).toBe(3);
});

test('extras are sold with an offer, but not on the route without any; an airline that changes its mind is told', async () => {
  const servicesOn = async (origin: string, destination: string) => {
    const [offer] = await search(origin, destination);
    const { data } = await duffel.offers.get(offer?.id ?? '', { return_available_services: true });
    return data.available_services?.length;
  };
  expect([await servicesOn('LHR', 'JFK'), await servicesOn('BTS', 'ABV')]).toEqual([1, 0]);
  for (const offer of await search('BTS', 'MRU'))
    expect(offer.slices[0]?.segments[0]?.passengers[0]?.baggages).toEqual([]);
  expect((await search('DXB', 'AMS'))[0]?.slices[0]?.segments[0]?.stops).toHaveLength(1);
  const [offer] = await search('LHR', 'LTN');
  const { data: made } = (await (await order(offer)).json()) as any;
  const changes = async () => (await duffel.airlineInitiatedChanges.list(made.id)).data.length;
  expect([await changes(), await changes()]).toEqual([1, 2]);
  const [credits] = await search('LTN', 'SYD');
  const { data: toSydney } = (await (await order(credits)).json()) as any;
  expect((await duffel.orderCancellations.create({ order_id: toSydney.id })).data.refund_to).toBe(
    'airline_credits',
  );
});

test.each([
  [{ given_name: 'Иван' }, 'invalid_passenger_name'],
  [{ phone_number: '0123' }, 'invalid_phone_number'],
  [{ title: 'lord' }, 'invalid_passenger_title'],
])('passengers with %o are refused', async (changes, code) => {
  const [offer] = await search('LHR', 'JFK');
  const passengers = offer?.passengers.map(({ id }) => ({ id, ...ADA, ...changes }));
  expect(await codeOf(await order(offer, { passengers }))).toBe(code);
});

test('a hold is paid later, once; only the newest cancellation quote confirms', async () => {
  const [offer] = await search('LHR', 'CDG');
  const held = ((await (await order(offer, { type: 'hold', payments: undefined })).json()) as any).data;
  expect(held).toMatchObject({ documents: [], payment_status: { awaiting_payment: true } });
  const payment = { type: 'balance' as const, amount: held.total_amount, currency: held.total_currency };
  await duffel.payments.create({ order_id: held.id, payment });
  await expect(duffel.payments.create({ order_id: held.id, payment })).rejects.toBeInstanceOf(DuffelError);
  const [stale, newest] = [
    await duffel.orderCancellations.create({ order_id: held.id }),
    await duffel.orderCancellations.create({ order_id: held.id }),
  ];
  await expect(duffel.orderCancellations.confirm(stale.data.id)).rejects.toMatchObject({
    errors: [{ code: 'order_cancellation_stale' }],
  });
  await duffel.orderCancellations.confirm(newest.data.id);
  expect((await duffel.orders.get(held.id)).data.cancelled_at).not.toBeNull();
});

test('an expired offer can not be bought, and the rate limit is told in headers', async () => {
  const [offer] = await search('LHR', 'JFK');
  sandbox.world.advance(31 * 60_000);
  expect(await codeOf(await order(offer))).toBe('offer_expired');
  sandbox.world.settings.duffelRateLimit = 1;
  const refused = await duffel.offers
    .get(offer?.id ?? '')
    .catch((error: InstanceType<typeof DuffelError>) => error);
  expect(refused).toMatchObject({ status: 429, errors: [{ code: 'rate_limit_exceeded' }] });
  expect(
    Date.parse((refused as InstanceType<typeof DuffelError>).headers.get('ratelimit-reset') ?? ''),
  ).toBeGreaterThan(Date.now());
});
