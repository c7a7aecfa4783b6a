import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import type { Passenger } from '../../src/domain/passenger.ts';
import { byAge, passengerFor, type SearchParams } from '../../src/domain/search.ts';
import { selectOffer } from '../../src/domain/selection.ts';
import { OrderRefused, type Seller } from '../../src/ports/flights.ts';
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

async function offerFor(travelers: readonly Passenger[], changes: Partial<SearchParams> = {}) {
  const passengers = travelers.map(({ bornOn }) => passengerFor(changes.returnDate ?? OUT, bornOn));
  const params = {
    origin: 'LHR',
    destination: 'JFK',
    departureDate: OUT,
    returnDate: null,
    cabin: 'economy',
  } as const;
  const { offers } = await seller.flights.search({ ...params, passengers, ...changes });
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
  const response = await fetch(`${sandbox.url}/duffel/air/offer_requests`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer duffel_test_sandbox',
      'duffel-version': 'v2',
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      data: { slices: [{ origin: 'LHR', destination: 'JFK', departure_date: OUT }], passengers },
    }),
  });
  expect(response.status).toBe(422);
});

test('where the airline wants a passport nothing is bought, and an order without one is refused', async () => {
  sandbox.duffel.documentRoutes.add('LHR-NRT');
  const route = { destination: 'NRT' };
  const offer = await offerFor([ADA], route);
  const { chosen, verdicts } = selectOffer([offer], {
    criteria: {},
    mandate: { minor: 10_000_000, currency: offer.price.currency },
    advancedFiltering: true,
    priceOptimization: true,
    now: new Date(),
  });
  expect(chosen).toBeNull();
  expect(verdicts[0]?.objections.join()).toMatch(/identity documents/);
  expect(await book([ADA], route)).toBe('validation_required');
});
