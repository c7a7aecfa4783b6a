import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => {
  // As long as in production: nothing here ends by the passing of time.
  harness = await createHarness({ saga: { orderLookupMs: 72 * HOUR } });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  await harness.database.query(`update booking_attempts set status = 'FAILED' where status = 'PENDING'`);
  const { sandbox } = harness;
  sandbox.stripe.payments.intents.clear();
  sandbox.duffel.orders.all.clear();
  sandbox.world.calls.length = 0;
  sandbox.world.settings.lateOrderMs = 1_000;
  sandbox.webhooks.copies = 1;
});

/** A trip whose create-order is answered with 202. */
async function waiting(origin: string, destination: string, lateMs: number) {
  const { sandbox } = harness;
  sandbox.world.settings.lateOrderMs = lateMs;
  sandbox.duffel.prices.pin(origin, destination, { amount: '399.00', currency: 'GBP', refundable: true });
  const user = await harness.user();
  const { id } = await user.trip({ origin, destination });
  return { user, id, trip: await user.reaches(id, 'unconfirmed') };
}
const COMES_LATER = ['SEN', 'STN'] as const;
const FAILS_LATER = ['LCY', 'STN'] as const;
const ACKNOWLEDGED = { ticketMayStillTurnUp: true };

test('the traveller reads where the money is, until when at most, and what they can do', async () => {
  const { trip } = await waiting(...COMES_LATER, 24 * HOUR);
  expect(trip.outcome.message).toMatch(/399\.00 GBP.*reserved and not taken.*until .* at most.*release/);
  const [row] = await harness.database.query<{ captureBefore: Date; orderedAt: Date }>(
    `select a.capture_before as "captureBefore", s.intended_at as "orderedAt"
     from booking_attempts a join booking_steps s on s.attempt_id = a.id and s.step = 'order' where a.trip_id = $1`,
    [trip.id],
  );
  const waitsUntil = Date.parse((trip.outcome as { waitsUntil?: string }).waitsUntil ?? '');
  const [ordered, lapses] = [row?.orderedAt.getTime() ?? 0, row?.captureBefore.getTime() ?? 0];
  const bound = Math.min(ordered + 72 * HOUR, lapses - 36 * HOUR);
  expect(Math.abs(waitsUntil - bound)).toBeLessThan(60_000);
});

test('a webhook that names the order is enough, though no list ever shows it', async () => {
  const nothing = { data: [], meta: { limit: 50, before: null, after: null } };
  harness.sandbox.faults.add(
    fault({ target: 'duffel.orders.list', fault: 'status', status: 200, body: nothing, times: 1_000 }),
  );
  const { user, id } = await waiting(...COMES_LATER, 3_000);
  await user.reaches(id, 'BOOKED', 30_000);
  expectOneTicket(harness.sandbox);
  expect((await user.timeline(id)).map(({ type }) => type)).toContain('order.adopted');
});

test('the news that the order failed ends the wait at once, and the trip is watched again', async () => {
  const { user, id } = await waiting(...FAILS_LATER, 1_500);
  await until('the attempt to be compensated', async () =>
    (await user.timeline(id)).some(
      ({ type, detail }) => type === 'booking.undone' && detail.code === 'order_creation_failed',
    ),
  );
  expect(ledgerOf(harness.sandbox).paymentIntents[0]?.status).toBe('canceled');
  expect((await user.read(id)).status).not.toBe('FAILED');
});

test('released early at the traveller’s own choice: only with their acknowledgement, and only once an order is waited for', async () => {
  const { user, id } = await waiting(...COMES_LATER, 24 * HOUR);
  const path = `/api/trips/${id}/release`;
  const cancelled = await user.call('POST', `/api/trips/${id}/cancel`);
  expect([cancelled.status, cancelled.body.detail]).toEqual([409, expect.stringContaining('/release')]);
  for (const body of [{}, { ticketMayStillTurnUp: false }]) {
    const refused = await user.call('POST', path, body);
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toMatch(/ticketMayStillTurnUp.*ticket may still turn up/);
  }
  const stranger = await harness.user();
  expect((await stranger.call('POST', path, ACKNOWLEDGED)).status).toBe(404);
  expect(ledgerOf(harness.sandbox).paymentIntents[0]?.status).toBe('requires_capture');

  const taken = await user.call('POST', path, ACKNOWLEDGED);
  expect([taken.status, taken.body.outcome.code]).toEqual([202, 'releasing']);
  const ended = await user.reaches(id, 'FAILED');
  expect(ended.outcome).toMatchObject({ code: 'order_released' });
  expect(ended.outcome.message).toMatch(/Should a ticket still turn up, we cancel it/);
  expect(ledgerOf(harness.sandbox).paymentIntents[0]?.status).toBe('canceled');
  expect((await user.timeline(id)).map(({ type }) => type)).toContain('booking.release_requested');

  const again = await user.call('POST', path, ACKNOWLEDGED);
  expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('nothing to release')]);
  const resumed = await user.call('PATCH', `/api/trips/${id}`, {
    maxPrice: { amount: '410.00', currency: 'GBP' },
    consent: true,
  });
  expect([resumed.status, resumed.body.detail]).toEqual([409, expect.stringContaining('never have two')]);
});

test('a ticket that turns up after an early release is cancelled', async () => {
  const { user, id } = await waiting(...COMES_LATER, 4_000);
  await user.call('POST', `/api/trips/${id}/release`, ACKNOWLEDGED);
  await user.reaches(id, 'order_released');
  await until('the late order to be cancelled', async () =>
    ledgerOf(harness.sandbox).orders.some(({ status }) => status === 'cancelled'),
  );
  expectNothingBought(harness.sandbox);
});

test('after fifteen minutes ops hear of it, in words of its own; the order is never posted again', async () => {
  const { id } = await waiting(...COMES_LATER, 24 * HOUR);
  await harness.database.query(
    `update booking_attempts set started_at = now() - interval '16 minutes' where trip_id = $1`,
    [id],
  );
  await harness.web.publisher.queues.monitor.add('reconcile', { tick: 1 }, { jobId: 'overdue-orders' });
  const alert = await until('the alert', async () =>
    harness.sandbox.intake.alerts.find(({ body }) => JSON.stringify(body).includes('order_unknown')),
  );
  expect(JSON.stringify(alert)).toMatch(/unknown for over 15 minutes whether the airline made an order/);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expect(ledgerOf(harness.sandbox).paymentIntents[0]?.status).toBe('requires_capture');
});
