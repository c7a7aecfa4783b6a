import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  // A failed fare is left alone for one interval of watching: longer than this file runs.
  harness = await createHarness({ env: { MONITOR_INTERVAL_MS: '600000', SEARCH_FRESHNESS_MS: '250' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
});
const gone = (times: number) => ({
  ...duffelError('duffel.orders.create', 422, 'invalid_state_error', 'offer_no_longer_available'),
  times,
});
const selected = async (user: Awaited<ReturnType<Harness['user']>>, id: string): Promise<string[]> =>
  (await user.timeline(id)).flatMap(({ type, detail }) =>
    type === 'offer.selected' ? [`${detail.airline} ${detail.price}`] : [],
  );

test('a phantom fare is authorized once, and the next best offer is bought', async () => {
  harness.sandbox.faults.add(gone(1));
  const user = await harness.user();
  const { id } = await user.trip({ maxPrice: { amount: '900.00', currency: 'GBP' } });
  await user.reaches(id, 'BOOKED', 30_000);
  const [phantom, next, ...more] = await selected(user, id);
  expect(next).not.toBe(phantom);
  expect(more).toEqual([]);
  expectOneTicket(harness.sandbox);
});

test('when nothing else fits, the trip is watched on without another authorization, and says so', async () => {
  harness.sandbox.faults.add(gone(1_000));
  const user = await harness.user();
  const { id } = await user.trip({ maxPrice: { amount: '399.00', currency: 'GBP' } });
  const watched = await user.reaches(id, 'fare_left_alone', 30_000);
  expect(watched.status).toBe('PENDING');
  expect(watched.outcome.message).toMatch(/399\.00 GBP.*try it again later/);
  const asked = await selected(user, id);
  expect(new Set(asked).size).toBe(asked.length);
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(asked.length);
});

test('a card that was tried too often is left alone until the window allows: told once, ops alerted', async () => {
  const user = await harness.user(undefined, { email: 'limit@traveller.example' });
  const { id } = await user.trip({ autoBook: false, consent: undefined });
  await user.reaches(id, 'fits');
  await harness.database.query(
    `with tried as (
       insert into booking_attempts (trip_id, user_id, number, idempotency_key, deadline, correlation_id, status, step, finished_at)
       select id, user_id, n, id || '-' || n, now(), 'x', 'FAILED', 'done', now() from trip_requests, generate_series(1, 6) n
       where id = $1 returning id, user_id)
     insert into booking_steps (attempt_id, step, user_id, key, epoch, request, outcome)
     select id, 'authorize', user_id, id || ':authorize', 1, '{"minor": 39900, "currency": "GBP"}', 'held' from tried`,
    [id],
  );
  const { body } = await user.call('GET', `/api/trips/${id}/offers`);
  const { offerId } = body.data.find((one: { fits: boolean }) => one.fits);
  // By hand the saga itself refuses; on its own the trip is not even tried.
  await user.call('POST', `/api/trips/${id}/book`, { offerId });
  const limited = await user.reaches(id, 'authorization_limit');
  expect(limited.status).toBe('PENDING');
  expect(limited.outcome.message).toMatch(/tried too often.*after .* UTC/);
  await user.call('PATCH', `/api/trips/${id}`, { autoBook: true, consent: true });
  await until('the check after the change', async () => {
    const types = (await user.timeline(id)).map(({ type }) => type);
    return types.lastIndexOf('search.completed') > types.lastIndexOf('trip.changed');
  });
  expect((await user.read(id)).outcome.code).toBe('authorization_limit');
  expect((await user.timeline(id)).filter(({ type }) => type === 'booking.started')).toHaveLength(1);
  expect(ledgerOf(harness.sandbox).paymentIntents).toEqual([]);
  await until('the mail', async () => mailTo(harness.sandbox, 'limit@traveller.example').length > 0);
  expect(
    mailTo(harness.sandbox, 'limit@traveller.example').filter(({ text }) =>
      /tried too often/.test(text ?? ''),
    ),
  ).toHaveLength(1);
  await until('the alert', async () =>
    JSON.stringify(harness.sandbox.intake.alerts).includes('authorization_limit'),
  );
});
