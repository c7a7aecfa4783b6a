import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { Offer } from '../../src/domain/offer.ts';
import type { IdentityDocument, Passenger } from '../../src/domain/passenger.ts';
import { byAge, passengerFor, type SearchParams } from '../../src/domain/search.ts';
import { selectOffer } from '../../src/domain/selection.ts';
import { OrderRefused, type Seller } from '../../src/ports/flights.ts';
import { orderBody } from '../../src/providers/duffel/create-order.ts';
import { createDuffel } from '../../src/providers/duffel/index.ts';
import { ADA } from '../contracts/flights/seller-under-test.ts';
import { inDays } from '../support/client.ts';

/** The stand-in takes the passengers that Duffel takes, and the product sends such. */
let sandbox: Sandbox;
let seller: Seller;
beforeAll(async () => {
  sandbox = await startSandbox({ duffelRateLimit: 10_000 });
  seller = createDuffel({
    token: 'duffel_test_sandbox',
    baseUrl: `${sandbox.url}/duffel`,
    orderTimeoutMs: 5_000,
    webhookSecret: 'unused',
    deployment: 'parker.example',
  });
});
afterAll(() => sandbox.close());

const OUT = inDays(30);
const BACK = inDays(60);
const FAMILY = byAge([
  ADA,
  { ...ADA, givenName: 'William' },
  { ...ADA, givenName: 'Byron', bornOn: inDays(-365 * 9) },
  { ...ADA, givenName: 'Anne', bornOn: inDays(-200) },
]);

const PARAMS = {
  origin: 'LHR',
  destination: 'JFK',
  departureDate: OUT,
  returnDate: null,
  cabin: 'economy',
} as const;

async function offerFor(travelers: readonly Passenger[], changes: Partial<SearchParams> = {}) {
  const passengers = travelers.map(({ bornOn }) => passengerFor(changes.returnDate ?? OUT, bornOn));
  const { offers } = await seller.flights.search({ ...PARAMS, passengers, ...changes });
  const [first] = offers;
  if (!first) throw new Error('no offers');
  return first.offer;
}

/** @returns the code the order is refused with, or the id of the order */
async function book(travelers: readonly Passenger[], changes: Partial<SearchParams> = {}): Promise<string> {
  const offer = await offerFor(travelers, changes);
  try {
    const order = await seller.flights.createOrder({
      offer,
      passengers: travelers,
      attemptId: randomUUID(),
      tripId: randomUUID(),
    });
    return order.orderId;
  } catch (error) {
    if (error instanceof OrderRefused) return error.code;
    throw error;
  }
}

async function post(path: string, data: object) {
  const response = await fetch(`${sandbox.url}/duffel/${path}`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer duffel_test_sandbox',
      'duffel-version': 'v2',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ data }),
  });
  return { status: response.status, body: (await response.json()) as { errors: [{ code: string }] } };
}

test('a family with an infant: the infant is named on one adult, and everybody gets a ticket', async () => {
  const orderId = await book(FAMILY);
  const order = sandbox.duffel.orders.all.get(orderId);
  const laps = order?.passengers.filter(({ infant_passenger_id }) => infant_passenger_id);
  expect(laps).toHaveLength(1);
  expect(laps?.[0]?.infant_passenger_id).toBe(order?.passengers.at(-1)?.id);
  const tickets = order?.documents.filter(({ type }) => type === 'electronic_ticket');
  expect(new Set(tickets?.flatMap(({ passenger_ids }) => passenger_ids)).size).toBe(4);
});

test('a child who has a birthday between the flights flies on the fare of the later age', async () => {
  const eighteen = new Date(`${inDays(45)}T00:00:00Z`);
  eighteen.setUTCFullYear(eighteen.getUTCFullYear() - 18);
  const grown = { ...ADA, givenName: 'Byron', bornOn: eighteen.toISOString().slice(0, 10) };
  expect(await book([ADA, grown], { returnDate: BACK })).toMatch(/^ord_/);
});

test.each<[name: string, changes: Partial<Passenger>, code: string]>([
  ['a dot', { givenName: 'J.' }, 'invalid_passenger_name'],
  ['a digit', { familyName: 'R2' }, 'invalid_passenger_name'],
  ['a ligature', { familyName: 'Kjær' }, 'invalid_passenger_name'],
  ['21 letters', { familyName: 'A'.repeat(21) }, 'invalid_passenger_name'],
  ['a phone that is too short', { phone: '+4420801' }, 'invalid_phone_number'],
  ['a phone of no area', { phone: '+10125550123' }, 'invalid_phone_number'],
  ['a title airlines do not know', { title: 'lord' }, 'invalid_passenger_title'],
  ['a gender of another alphabet', { gender: 'x' }, 'validation_required'],
])('a passenger with %s is refused', async (_name, changes, code) => {
  expect(await book([{ ...ADA, ...changes }])).toBe(code);
});

test('a passenger of another age than the fare was made for is refused', async () => {
  const child = { ...ADA, givenName: 'Byron', bornOn: inDays(-365 * 9) };
  const offer = await offerFor([ADA]);
  const order = { offer, passengers: [child], attemptId: randomUUID(), tripId: randomUUID() };
  await expect(seller.flights.createOrder(order)).rejects.toMatchObject({
    code: 'order_passengers_incompatible_with_offer',
  });
});

test.each<[name: string, passengers: object[]]>([
  ['a type and an age', [{ type: 'adult', age: 30 }]],
  ['a type that only answers have', [{ type: 'child' }]],
  ['neither', [{}]],
  ['more infants than adults', [{ type: 'adult' }, { age: 0 }, { age: 1 }]],
])('a search for %s is refused', async (_name, passengers) => {
  const slices = [{ origin: 'LHR', destination: 'JFK', departure_date: OUT }];
  expect((await post('air/offer_requests', { slices, passengers })).status).toBe(422);
});

const PASSPORT: IdentityDocument = {
  type: 'passport',
  number: '533380006',
  issuingCountry: 'GB',
  expiresOn: inDays(400),
};

/** The objections to an offer, and the code or the id that its order is answered with, whatever the objections. */
async function tried(document: IdentityDocument | undefined, types?: string[]) {
  const [destination, travelers] = ['NRT', [{ ...ADA, identityDocument: document }]];
  if (types) sandbox.duffel.documentRoutes.set(`LHR-${destination}`, types);
  else sandbox.duffel.documentRoutes.delete(`LHR-${destination}`);
  const offer = await offerFor(travelers, { destination });
  const { chosen, verdicts } = selectOffer([offer], {
    asked: { ...PARAMS, destination },
    criteria: {},
    mandate: { minor: 10_000_000, currency: offer.price.currency },
    advancedFiltering: true,
    priceOptimization: true,
    passengers: travelers,
    now: new Date(),
  });
  const answer = await book(travelers, { destination });
  return { fits: chosen !== null, objections: verdicts[0]?.objections.join(), answer };
}

test.each<[name: string, document: IdentityDocument | undefined, types: string[], code: string]>([
  ['no passport', undefined, ['passport'], 'validation_required'],
  [
    'a passport that ends on the day of the flight',
    { ...PASSPORT, expiresOn: inDays(29) },
    ['passport'],
    'invalid_identity_document',
  ],
  ['a passport where something else is wanted', PASSPORT, ['tax_id'], 'invalid_identity_document'],
])('%s: the offer is passed over, and its order would be refused', async (_name, document, types, code) => {
  const { fits, objections, answer } = await tried(document, types);
  expect([fits, objections, answer]).toEqual([false, expect.stringMatching(/passport/), code]);
});

test('a passport that serves: the offer fits, and the order has it', async () => {
  const { fits, answer } = await tried(PASSPORT, ['tax_id', 'passport']);
  expect(fits).toBe(true);
  expect(sandbox.duffel.orders.all.get(answer)?.passengers[0]?.identity_documents).toEqual([
    {
      type: 'passport',
      unique_identifier: PASSPORT.number,
      issuing_country_code: 'GB',
      expires_on: PASSPORT.expiresOn,
    },
  ]);
});

test('a passport stays with us where no airline wants one', async () => {
  const { fits, answer } = await tried(PASSPORT);
  expect(fits).toBe(true);
  expect(sandbox.duffel.orders.all.get(answer)?.passengers[0]).not.toHaveProperty('identity_documents');
});

test('an infant that is named on another infant, on two adults or on none is refused', async () => {
  const offer = await offerFor(FAMILY);
  const infant = offer.passengers.at(-1)?.id;
  const order = orderBody(
    { offer, passengers: FAMILY, attemptId: randomUUID(), tripId: randomUUID() },
    'parker.example',
  );
  for (const laps of [[infant], [undefined, undefined, infant], [infant, infant], []]) {
    const passengers = order.passengers.map(({ infant_passenger_id: _, ...passenger }, index) => ({
      ...passenger,
      ...(laps[index] && { infant_passenger_id: laps[index] }),
    }));
    const right = laps.length === 1;
    const { status, body } = await post('air/orders', { ...order, passengers });
    const code = right ? undefined : 'order_passengers_incompatible_with_offer';
    expect([status, body.errors?.[0]?.code]).toEqual([right ? 201 : 422, code]);
    if (right) sandbox.duffel.orders.bookedRequests.clear();
  }
});

test('bags are counted for those who have a seat: an infant on a lap has none', async () => {
  const seated = await offerFor(FAMILY.slice(0, -1));
  expect(seated.checkedBags).toBeGreaterThan(0);
  expect((await offerFor(FAMILY)).checkedBags).toBe(seated.checkedBags);
});

describe('members of a loyalty programme', () => {
  const AMELIA = {
    ...ADA,
    givenName: 'Amelia',
    familyName: 'Earhart',
    loyaltyAccounts: [
      { airline: 'ZZ', number: '1234567890' },
      { airline: 'QF', number: '998877' },
    ],
  };
  const params: SearchParams = {
    origin: 'LHR',
    destination: 'JFK',
    departureDate: OUT,
    returnDate: null,
    cabin: 'economy',
    passengers: [{ type: 'adult' }],
  };

  test('get the fare of their programme, and the order has the account of its airline', async () => {
    sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '400.00', currency: 'GBP', refundable: true });
    const known = await seller.flights.search(params, [AMELIA]);
    const offer = known.offers[0]?.offer as Offer;
    expect(offer.price.minor).toBe(36_000);
    expect((await seller.flights.search(params)).offers[0]?.offer.price.minor).toBe(40_000);
    expect((await seller.flights.offer(offer.offerId)).offer.price.minor).toBe(36_000);
    const order = await seller.flights.createOrder({
      offer,
      passengers: [AMELIA],
      attemptId: randomUUID(),
      tripId: randomUUID(),
    });
    expect(sandbox.duffel.orders.all.get(order.orderId)?.passengers[0]?.loyalty_programme_accounts).toEqual([
      { airline_iata_code: 'ZZ', account_number: '1234567890' },
    ]);
  });

  test('are named in nothing that is kept of the search', async () => {
    const { offers } = await seller.flights.search(params, [AMELIA]);
    expect(offers.length).toBeGreaterThan(0);
    expect(JSON.stringify(offers)).not.toMatch(/Amelia|Earhart|1234567890|998877/);
    expect(JSON.stringify(offers[0]?.raw)).toContain('baggages');
  });

  test('without a name are refused', async () => {
    const passenger = {
      type: 'adult',
      loyalty_programme_accounts: [{ airline_iata_code: 'ZZ', account_number: '1' }],
    };
    const slices = [{ origin: 'LHR', destination: 'JFK', departure_date: OUT }];
    const { status, body } = await post('air/offer_requests', { slices, passengers: [passenger] });
    expect([status, body.errors[0].code]).toEqual([422, 'validation_required']);
  });
});
