import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, ledgerOf } from '../support/ledger.ts';
import { BOOKED_TIMELINE } from '../support/timeline.ts';
import { until } from '../support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
beforeEach(() =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true }),
);

const fare = (amount: string, origin = 'LHR', destination = 'JFK') =>
  harness.sandbox.duffel.prices.pin(origin, destination, { amount, currency: 'GBP', refundable: true });

test('a first search that fits is booked at once, without waiting for a tick', async () => {
  const user = await harness.user();
  const trip = await user.trip();
  const booked = await user.reaches(trip.id, 'BOOKED');
  const types = (await user.timeline(trip.id)).map((entry) => entry.type);
  expect(types.slice(0, BOOKED_TIMELINE.length)).toEqual(BOOKED_TIMELINE);
  expect(booked.booking?.price).toEqual({ amount: '399.00', currency: 'GBP' });
  const order = ledgerOf(harness.sandbox).orders.find((one) => one.id === booked.booking?.orderId);
  expect(order).toMatchObject({ status: 'confirmed', bookingReference: booked.booking?.bookingReference });
  expect(booked.booking?.ticketNumbers).toEqual(order?.ticketNumbers);
});

test('above budget it is watched; when the fare drops it is booked', async () => {
  fare('480.00');
  const user = await harness.user();
  const trip = await user.trip();
  const watched = await user.reaches(trip.id, 'above_budget');
  expect(watched.status).toBe('PENDING');
  expect(watched.outcome.message).toContain('480.00 GBP');
  expect(watched.bestPrice).toEqual({ amount: '480.00', currency: 'GBP' });
  fare('401.50');
  const booked = await user.reaches(trip.id, 'BOOKED');
  expect(booked.booking?.price.amount).toBe('401.50');
});

test('nothing found is an outcome the traveller can read, and the trip is still watched', async () => {
  const user = await harness.user();
  const trip = await user.trip({ origin: 'PVD', destination: 'RAI' });
  const watched = await user.reaches(trip.id, 'no_offers');
  expect(watched.status).toBe('PENDING');
  expect(watched.outcome.message).toMatch(/No airline offers this route/);
  expect(watched.nextCheckAt).not.toBeNull();
});

test('a trip whose departure has passed expires and is never searched again', async () => {
  fare('480.00');
  const user = await harness.user();
  const trip = await user.trip();
  await user.reaches(trip.id, 'above_budget');
  await harness.database.query(
    `update trip_requests set watch_until = now() - interval '1 second' where id = $1`,
    [trip.id],
  );
  const expired = await user.reaches(trip.id, 'EXPIRED');
  expect(expired.nextCheckAt).toBeNull();
  fare('100.00');
  const before = callsTo(harness.sandbox, 'duffel.orders.create');
  await harness.sweeps(2);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(before);
});

test('without autoBook a fitting offer is shown, mailed once, and booked by hand', async () => {
  const user = await harness.user(undefined, { email: 'watcher@traveller.example' });
  const request = await user.tripRequest({ autoBook: false, consent: undefined });
  const trip = await user.made('/api/trips', request);
  const watched = await user.reaches(trip.id, 'fits');
  expect(watched.status).toBe('PENDING');
  const { body } = await user.call('GET', `/api/trips/${trip.id}/offers`);
  const [cheapest, dearest] = [body.data.find((offer: any) => offer.fits), body.data.at(-1)];
  expect(dearest.objections.join()).toMatch(/above the cap/);
  const reply = await user.call('POST', `/api/trips/${trip.id}/book`, { offerId: cheapest.offerId });
  expect(reply.status).toBe(202);
  const booked = await user.reaches(trip.id, 'BOOKED');
  expect(booked.booking?.price).toEqual(cheapest.price);
  const mails = harness.sandbox.resend.emails.filter((mail) => mail.to.includes('watcher@traveller.example'));
  expect(mails.filter((mail) => mail.subject.startsWith('The fare moved'))).toHaveLength(1);
});

test('pennies are not mailed; a fare that fell by a tenth is, and one that came back after it had gone', async () => {
  const user = await harness.user(undefined, { email: 'patient@traveller.example' });
  const request = await user.tripRequest({ autoBook: false, consent: undefined });
  const { id } = await user.made('/api/trips', request);
  const checkedAt = async (amount: string) => {
    fare(amount);
    await until(`the fare of ${amount}`, async () => {
      const { body } = await user.call('GET', `/api/trips/${id}`);
      return body.bestPrice?.amount === amount;
    });
  };
  for (const amount of ['399.00', '398.10', '397.50', '398.80', '359.00', '480.00', '358.00'])
    await checkedAt(amount);
  const mails = async () =>
    harness.database.query<{ data: { message: string } }>(
      `select data from notifications where trip_id = $1 and kind = 'price_change' order by created_at`,
      [id],
    );
  expect((await mails()).map(({ data }) => data.message.replace(/,? with .*/, ''))).toEqual([
    'An offer fits: 399.00 GBP',
    'The fare fell from 399.00 GBP to 359.00 GBP',
    'A fare that fits is back: 358.00 GBP',
  ]);
  // The other tests' fares fit it too.
  expect((await user.call('POST', `/api/trips/${id}/cancel`)).status).toBe(200);
});

test('criteria are hard: the cheapest flight that breaks one is not bought', async () => {
  const user = await harness.user();
  const trip = await user.trip({
    criteria: { departAfter: '11:00', maxStops: 0 },
    maxPrice: { amount: '600.00', currency: 'GBP' },
  });
  const { id = '' } = (await user.reaches(trip.id, 'BOOKED')).booking ?? {};
  const { body } = await user.call('GET', `/api/bookings/${id}`);
  expect(body.itinerary[0].segments).toHaveLength(1);
  expect(body.itinerary[0].segments[0].departingAtLocal.slice(11, 16) >= '11:00').toBe(true);
});

test('a round trip for a family is one order with a ticket each', async () => {
  const user = await harness.user();
  const child = await user.traveler({ givenName: 'Byron', bornOn: inDays(-365 * 8) });
  const request = await user.tripRequest({ returnDate: inDays(67) });
  const trip = await user.made('/api/trips', { ...request, travelerIds: [child, ...request.travelerIds] });
  const booked = await user.reaches(trip.id, 'BOOKED');
  expect(booked.booking?.ticketNumbers).toHaveLength(2);
});

test('two trips that want the same search share one provider call per window', async () => {
  fare('480.00', 'LHR', 'BOS');
  const users = await Promise.all([harness.user(), harness.user(), harness.user()]);
  const requests = await Promise.all(
    users.map((user) => user.tripRequest({ destination: 'BOS', departureDate: inDays(90) })),
  );
  const trips = await Promise.all(users.map((user, index) => user.made('/api/trips', requests[index])));
  await Promise.all(users.map((user, index) => user.reaches(trips[index]?.id ?? '', 'above_budget')));
  const [row] = await harness.database.query<{ searches: string; windows: string }>(
    `select count(*) searches, count(distinct freshness_window) windows from searches s
     join trip_requests t using (search_key) where t.id = $1`,
    [trips[0]?.id],
  );
  expect(row?.searches).toBe(row?.windows);
});

test('a cancelled booking is refunded, once', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  const { booking } = await user.reaches(id, 'BOOKED');
  const reply = await user.call('POST', `/api/bookings/${booking?.id}/cancel`);
  expect(reply.status).toBe(202);
  await until(
    'the refund',
    async () => (await user.call('GET', `/api/bookings/${booking?.id}`)).body.status === 'REFUNDED',
  );
  const order = ledgerOf(harness.sandbox).orders.find((one) => one.id === booking?.orderId);
  expect(order?.status).toBe('cancelled');
  const refunds = ledgerOf(harness.sandbox).refunds.filter((refund) => refund.amount === 39_900);
  expect(refunds).toHaveLength(1);
  expect((await user.call('POST', `/api/bookings/${booking?.id}/cancel`)).status).toBe(409);
});

test('a cancelled trip is never bought', async () => {
  fare('480.00', 'LHR', 'SFO');
  const user = await harness.user();
  const { id } = await user.trip({ destination: 'SFO' });
  await user.reaches(id, 'above_budget');
  expect((await user.call('POST', `/api/trips/${id}/cancel`)).body.status).toBe('CANCELLED');
  fare('100.00', 'LHR', 'SFO');
  await harness.sweeps(2);
  expect((await user.read(id)).status).toBe('CANCELLED');
  expect(ledgerOf(harness.sandbox).orders.filter((order) => order.amount === '100.00')).toEqual([]);
});
