import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';

const THOUSAND = 1_000;
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({
    env: { MONITOR_INTERVAL_MS: '60000', SEARCH_FRESHNESS_MS: '30000', FUSE_USER_SPEND_PER_HOUR: '0' },
  });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(() => {
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
});

test('1,000 requests to book one trip at the same moment: one order, one charge, clean conflicts for the rest', async () => {
  const user = await harness.user();
  const { id } = await user.trip({ autoBook: false, consent: undefined });
  await user.reaches(id, 'fits');
  const { body } = await user.call('GET', `/api/trips/${id}/offers`);
  const { offerId } = body.data.find((offer: { fits: boolean }) => offer.fits);
  const replies = await Promise.all(
    Array.from({ length: THOUSAND }, () => user.call('POST', `/api/trips/${id}/book`, { offerId })),
  );
  const counts = Map.groupBy(replies, ({ status }) => status);
  expect([...counts].map(([status, group]) => [status, group.length]).sort()).toEqual([
    [202, 1],
    [409, THOUSAND - 1],
  ]);
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(1);
}, 120_000);

test('1,000 trips race for one seat: one ticket, one charge, every other authorization voided', async () => {
  harness.sandbox.duffel.seats.set('LHR-JFK', 1);
  const user = await harness.user();
  const request = await user.tripRequest({ allowDuplicate: true });
  const replies = await Promise.all(
    Array.from({ length: THOUSAND }, () => user.call('POST', '/api/trips', request)),
  );
  expect(replies.filter(({ status }) => status !== 202)).toEqual([]);
  // One statement sees one moment: whoever is watched may be tried again in the next.
  const now = async () => {
    const [counts] = await harness.database.query<{ booked: number; watched: number; live: number }>(
      `select count(*) filter (where auto_book_status = 'BOOKED')::int as booked,
              count(*) filter (where auto_book_status = 'PENDING')::int as watched,
              (select count(*)::int from booking_attempts where status in ('PENDING', 'NEEDS_HUMAN')) as live
       from trip_requests where user_id = $1`,
      [user.sub],
    );
    return counts;
  };
  const settled = await until(
    'one to be booked and the others to be watched',
    async () => {
      const counts = await now();
      return counts?.booked === 1 && counts.watched === THOUSAND - 1 && counts;
    },
    180_000,
  );
  expect(settled.live).toBe(0);
  // Nobody is tried again from here on, so that the vendors' books hold still.
  await harness.endWatching();
  await until('the last tries to end', async () => (await now())?.live === 0);
  expectOneTicket(harness.sandbox);
  const intents = ledgerOf(harness.sandbox).paymentIntents.map(({ status }) => status);
  expect(new Set(intents)).toEqual(new Set(['succeeded', 'canceled']));
}, 240_000);
