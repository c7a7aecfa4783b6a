import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
const set = async (key: string, value: boolean, user?: string) => {
  harness.sandbox.launchDarkly.set(key, value, user);
  // Both processes have heard when both say so.
  await until(`${key} to be heard`, async () => {
    const bases = [harness.web, harness.worker].filter((base) => base !== null);
    const values = await Promise.all(
      bases.map((base) => base.flagProvider.evaluate(key as 'auto_booking_disable_all', user)),
    );
    return values.every((heard) => heard === value);
  });
};
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await set('auto_booking_pipeline_enabled', true);
  await set('auto_booking_disable_all', false);
  await set('queue_book_disabled', false);
  await harness.endWatching();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
});

test('pipeline off: autoBook answers 503 with a clear problem, watching is still taken, nothing is swept or bought', async () => {
  const user = await harness.user();
  const request = await user.tripRequest();
  await set('auto_booking_pipeline_enabled', false);
  const reply = await user.call('POST', '/api/trips', request);
  expect(reply.status).toBe(503);
  expect(reply.headers.get('content-type')).toMatch(/problem\+json/);
  expect(reply.body.detail).toMatch(/switched off/);
  const watched = await user.call('POST', '/api/trips', { ...request, autoBook: false });
  expect(watched.status).toBe(202);
  const { monitor } = harness.web.publisher.queues;
  const since = Date.now();
  const sweep = await until('a sweep that skips', async () => {
    const jobs = await monitor.getJobs(['completed']);
    return jobs.find((job) => job.name === 'monitor' && (job.processedOn ?? 0) > since);
  });
  expect(sweep.returnvalue).toEqual({ skipped: 'pipeline_off' });
  expectNothingBought(harness.sandbox);
});

test('a kill switch thrown between authorize and order: no order, and the authorization is voided', async () => {
  harness.sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.create', fault: 'latency', delayMs: 800 }),
  );
  const user = await harness.user();
  const { id } = await user.trip();
  await until(
    'the authorization to begin',
    async () => callsTo(harness.sandbox, 'stripe.payment_intents.create') > 0,
  );
  await set('auto_booking_disable_all', true);
  await until(
    'the hold to be released',
    async () => ledgerOf(harness.sandbox).paymentIntents[0]?.status === 'canceled',
  );
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(0);
  await user.reaches(id, 'PENDING');
  await set('auto_booking_disable_all', false);
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('a switch that stops buying answers a booking by hand with 503, Retry-After and the reason, and nothing is begun', async () => {
  const user = await harness.user();
  const { id } = await user.trip({ autoBook: false, consent: undefined, destination: 'BOS' });
  const offers = await until('an offer', async () => {
    const { body } = await user.call('GET', `/api/trips/${id}/offers`);
    return body.data.length > 0 && body.data;
  });
  for (const [key, value] of [
    ['auto_booking_pipeline_enabled', false],
    ['auto_booking_disable_all', true],
  ] as const) {
    await set(key, value);
    const reply = await user.call('POST', `/api/trips/${id}/book`, { offerId: offers[0].offerId });
    expect([key, reply.status]).toEqual([key, 503]);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(reply.headers.get('content-type')).toMatch(/problem\+json/);
    await set(key, !value);
  }
  expect(await harness.database.query('select from booking_attempts where trip_id = $1', [id])).toEqual([]);
});

test('all bookings stopped: fares are still watched, and a trip that fits says it is paused', async () => {
  const user = await harness.user();
  const request = await user.tripRequest();
  harness.sandbox.duffel.prices.pin('LHR', 'BOS', { amount: '480.00', currency: 'GBP', refundable: true });
  const { id } = await user.made('/api/trips', { ...request, destination: 'BOS' });
  await user.reaches(id, 'above_budget');
  await set('auto_booking_disable_all', true);
  harness.sandbox.duffel.prices.pin('LHR', 'BOS', { amount: '399.00', currency: 'GBP', refundable: true });
  const paused = await user.reaches(id, 'paused');
  expect([paused.status, paused.outcome.message]).toEqual([
    'PENDING',
    expect.stringMatching(/An offer fits, but/),
  ]);
  expectNothingBought(harness.sandbox);
  await set('auto_booking_disable_all', false);
  await user.reaches(id, 'BOOKED');
});

test('the kill switch of one user stops that user and nobody else', async () => {
  const [stopped, free] = [await harness.user(), await harness.user()];
  const requests = [await stopped.tripRequest(), await free.tripRequest()];
  await set('user_booking_disabled', true, stopped.sub);
  expect((await stopped.call('POST', '/api/trips', requests[0])).status).toBe(503);
  const { id } = await free.made('/api/trips', requests[1]);
  await free.reaches(id, 'BOOKED');
});

test('a stopped queue keeps its jobs and runs them when it is resumed', async () => {
  await set('queue_book_disabled', true);
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKING');
  await harness.sweeps(2);
  expectNothingBought(harness.sandbox);
  await set('queue_book_disabled', false);
  await user.reaches(id, 'BOOKED');
});

test('advanced filtering off: a trip with such wishes finds no match until it is on again', async () => {
  await set('flight_search_advanced_filtering', false);
  const user = await harness.user();
  const { id } = await user.trip({ criteria: { departAfter: '00:00' } });
  const trip = await user.reaches(id, 'no_match');
  expect(trip.status).toBe('PENDING');
  await set('flight_search_advanced_filtering', true);
  await user.reaches(id, 'BOOKED');
});

test('LaunchDarkly lost: after a short grace everything is as if switched off, until it is back', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ allowDuplicate: true });
  harness.sandbox.launchDarkly.outage(true);
  await until(
    'bookings to be refused',
    async () =>
      (await user.call('POST', '/api/trips', { ...request, maxPrice: { amount: '1.00', currency: 'GBP' } }))
        .status === 503,
    30_000,
  );
  const ready = await user.call('GET', '/readyz');
  expect(ready.body.dependencies.launchdarkly).toMatch(/down/);
  harness.sandbox.launchDarkly.outage(false);
  await until(
    'bookings to be taken again',
    async () =>
      (await user.call('POST', '/api/trips', { ...request, maxPrice: { amount: '1.00', currency: 'GBP' } }))
        .status === 202,
    40_000,
  );
}, 90_000);

test('LaunchDarkly unreachable at boot: everything has its safe value', async () => {
  const dark = await createHarness({ queues: [], env: { LAUNCHDARKLY_BASE_URL: 'http://127.0.0.1:9' } });
  try {
    expect(await dark.web.flags.snapshot('anybody')).toMatchObject({
      auto_booking_pipeline_enabled: false,
      auto_booking_disable_all: true,
      duffel_live_enabled: false,
    });
    const user = await dark.user();
    expect((await user.call('POST', '/api/trips', await user.tripRequest())).status).toBe(503);
  } finally {
    await dark.stop();
  }
});
