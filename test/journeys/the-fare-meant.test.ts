import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought } from '../support/ledger.ts';

/** Of several fares on the same flights, the one that was meant is bought, or none. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.duffel.fares.set({});
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
});

const watched = { autoBook: false, consent: undefined, maxPrice: { amount: '900.00', currency: 'GBP' } };
const price = (amount = '399.00') =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount, currency: 'GBP', refundable: true });

interface ShownOffer {
  readonly offerId: string;
  readonly airline: { readonly code: string };
  readonly refundable: boolean | null;
  readonly checkedBags: number;
  readonly fare: { readonly brand: string | null };
  readonly price: { readonly amount: string };
}
const offersOf = async (user: Client, id: string): Promise<ShownOffer[]> =>
  (await user.call('GET', `/api/trips/${id}/offers`)).body.data;

/** A trip that is watched, and its offer of that name. */
async function pick(brand: string, changes: Record<string, unknown> = {}) {
  price();
  const user = await harness.user();
  const { id } = await user.trip({ ...watched, ...changes });
  await user.reaches(id, 'fits');
  const offers = await offersOf(user, id);
  const offerId = offers.find(({ fare }) => fare.brand === brand)?.offerId;
  return { user, id, offerId, offers };
}
const expectNothingAsked = (): void => {
  expectNothingBought(harness.sandbox);
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(0);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(0);
};

test('the refundable fare with bags is picked by hand → it is bought, not the cheapest of the same flights', async () => {
  price();
  const user = await harness.user();
  const { id } = await user.trip(watched);
  await user.reaches(id, 'fits');
  const offers = await offersOf(user, id);
  const meant = offers.find((one) => one.airline.code === 'BA' && one.refundable && one.checkedBags === 1);
  await user.made(`/api/trips/${id}/book`, { offerId: meant?.offerId });
  await user.reaches(id, 'BOOKED');
  const [order] = harness.sandbox.duffel.orders.all.values();
  expect(order?.slices.map((slice) => slice.fare_brand_name)).toEqual(['Economy Plus Flex']);
  expect(order?.conditions.refund_before_departure).toMatchObject({ allowed: true, penalty_amount: '0.00' });
});

test('an offer shows what its fare includes and allows; what the airline does not say is null', async () => {
  const { offers } = await pick('Economy Basic');
  expect(offers.find(({ fare }) => fare.brand === 'Economy Plus Flex')?.fare).toEqual({
    brand: 'Economy Plus Flex',
    cabin: 'economy',
    bags: { checked: 1, carryOn: 1 },
    cancellation: { allowed: true, fee: { amount: '0.00', currency: 'GBP' } },
    change: { allowed: true, fee: { amount: '0.00', currency: 'GBP' } },
  });
  const unnamed = offers.filter(({ airline }) => airline.code === 'IB').map(({ fare }) => fare);
  expect(unnamed).toMatchObject([
    { brand: null, cancellation: null },
    { brand: null, cancellation: { allowed: true } },
  ]);
});

test('the fare that was picked is sold no more → nothing is authorized, and the traveller reads what is sold instead', async () => {
  const { user, id, offerId } = await pick('Economy Plus Flex');
  harness.sandbox.duffel.fares.set({ withdrawn: ['Economy Plus Flex'] });
  await user.made(`/api/trips/${id}/book`, { offerId });
  const { status, outcome } = await user.reaches(id, 'fare_gone');
  expect(status).toBe('PENDING');
  expect(outcome.message).toBe(
    'The fare that you chose is no longer on sale. The same flights cost 461.08 GBP with ' +
      'fare: Economy Plus, not Economy Plus Flex; cancellation before departure: not allowed, not free of charge; ' +
      'change before departure: allowed, for a fee, not free of charge. ' +
      'Nothing was bought. Choose another offer, or keep watching.',
  );
  expectNothingAsked();
});

const fee = { allowed: true, penalty_amount: '75.00', penalty_currency: 'GBP' };
test.each<[what: string, onRead: object, words: RegExp]>([
  ['another name', { brand: 'Economy Saver' }, /fare: Economy Saver, not Economy Plus Flex/],
  ['no bag', { checked: 0 }, /bags: 0 checked, 1 carry-on, not 1 checked, 1 carry-on/],
  ['another cabin', { cabin: 'premium_economy' }, /cabin: premium economy, not economy/],
  ['a fee', { refund: fee }, /cancellation before departure: allowed, for a fee, not free of charge/],
  ['conditions that are unknown', { refund: null }, /cancellation before departure: unknown, not free/],
  ['other times', { departs: '05:00' }, /flights: /],
])('the airline sells it with %s when it is read → nothing is authorized', async (_what, onRead, words) => {
  const { user, id, offerId } = await pick('Economy Plus Flex');
  harness.sandbox.duffel.fares.set({ onRead });
  await user.made(`/api/trips/${id}/book`, { offerId });
  const { outcome } = await user.reaches(id, 'fare_gone');
  expect(outcome.message).toMatch(words);
  expectNothingAsked();
});

test('a trip that buys by itself: the fare against the wishes when it is read → it is not bought', async () => {
  price();
  harness.sandbox.duffel.fares.set({ onRead: { duration: 'PT21H' } });
  const user = await harness.user();
  const { id } = await user.trip({ criteria: { maxDurationMinutes: 900, airlines: ['ZZ'] } });
  const { outcome } = await user.reaches(id, 'no_longer_fits');
  expect(outcome.message).toMatch(/takes longer than 900 minutes/);
  expectNothingAsked();
});

test('a trip that buys by itself: another fare when it is read → the next best is tried, and bought when it is what it was', async () => {
  price();
  harness.sandbox.duffel.fares.set({ onRead: { checked: 0 } });
  const user = await harness.user();
  const { id } = await user.trip({ ...watched, autoBook: true, consent: true, criteria: { bags: 1 } });
  await user.reaches(id, 'fare_changed');
  expectNothingAsked();
  harness.sandbox.duffel.fares.set({});
  await user.reaches(id, 'BOOKED', 30_000);
  const [order] = harness.sandbox.duffel.orders.all.values();
  const bags = order?.slices.flatMap(({ segments }) => segments.flatMap(({ passengers }) => passengers));
  expect(
    bags?.every(({ baggages }) => baggages.some((bag) => bag.type === 'checked' && bag.quantity > 0)),
  ).toBe(true);
});

test.each<[what: string, change: Record<string, unknown>, objection: RegExp]>([
  [
    'above the cap',
    { maxPrice: { amount: '300.00', currency: 'GBP' }, consent: true },
    /above the cap of 300.00/,
  ],
  [
    'in another currency',
    { maxPrice: { amount: '900.00', currency: 'EUR' }, consent: true },
    /priced in GBP/,
  ],
  ['against a wish', { criteria: { bags: 3 } }, /includes 1 checked bags/],
])(
  'by hand, an offer %s → 422 with the objection, and nothing is enqueued',
  async (_what, change, objection) => {
    const { user, id, offerId } = await pick('Economy Plus Flex');
    expect((await user.call('PATCH', `/api/trips/${id}`, change)).status).toBe(200);
    const answer = await user.call('POST', `/api/trips/${id}/book`, { offerId });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([
      { field: 'offerId', message: expect.stringMatching(objection) },
    ]);
    await expectNotStarted(user, id);
  },
);

test("by hand, an offer of another of one's own trips → 422, and neither trip is booked", async () => {
  const { user, id, offerId } = await pick('Economy Plus Flex');
  const other = await user.trip({ ...watched, destination: 'CAI' });
  const answer = await user.call('POST', `/api/trips/${other.id}/book`, { offerId });
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([
    { field: 'offerId', message: expect.stringMatching(/another trip/) },
  ]);
  for (const trip of [id, other.id]) await expectNotStarted(user, trip);
});

async function expectNotStarted(user: Client, id: string): Promise<void> {
  expect((await user.read(id)).status).toBe('PENDING');
  const attempts = await harness.database.query('select id from booking_attempts where trip_id = $1', [id]);
  const jobs = await harness.database.query(
    `select id from outbox where name = 'book' and payload->>'tripId' = $1`,
    [id],
  );
  expect([attempts, jobs]).toEqual([[], []]);
}
