import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
  harness.sandbox.world.settings.lateOrderMs = 1_000;
  harness.sandbox.webhooks.copies = 1;
});

async function onRoute(origin: string, destination: string) {
  harness.sandbox.duffel.prices.pin(origin, destination, {
    amount: '399.00',
    currency: 'GBP',
    refundable: true,
  });
  const user = await harness.user();
  return { user, id: (await user.trip({ origin, destination })).id };
}
const [ORDER_200, ORDER_202] = [
  ['LTN', 'STN'],
  ['SEN', 'STN'],
] as const;

test.each([ORDER_200, ORDER_202])(
  'an answer of 200 or 202 (%s-%s): the traveller reads that the outcome is unknown, and nothing is captured or voided',
  async (origin, destination) => {
    harness.sandbox.world.settings.lateOrderMs = 2_500;
    const { user, id } = await onRoute(origin, destination);
    const meanwhile = await user.reaches(id, 'unconfirmed');
    expect(meanwhile.status).toBe('BOOKING');
    expect(meanwhile.outcome.message).toMatch(/reserved and not taken/);
    expect(ledgerOf(harness.sandbox).paymentIntents.map(({ status }) => status)).toEqual([
      'requires_capture',
    ]);
    const cancelled = await user.call('POST', `/api/trips/${id}/cancel`);
    expect([cancelled.status, cancelled.body.detail]).toEqual([409, expect.stringContaining('/release')]);
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
    expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  },
);

test('a webhook that comes before the answer changes nothing: one order, adopted once', async () => {
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'slow_answer', delayMs: 1_000 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the webhook to be looked into', async () => {
    const [row] = await harness.database.query<{ outcome: string }>(
      `select outcome from webhook_events where type = 'order.created' and processed_at is not null`,
    );
    return row;
  });
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect((await user.timeline(id)).map(({ type }) => type)).toContain('order.created');
});

test('an order that appears after the look-up window, without any webhook: the lists find it, and it is cancelled', async () => {
  harness.sandbox.webhooks.copies = 0;
  harness.sandbox.world.settings.lateOrderMs = 9_000;
  const { user, id } = await onRoute(...ORDER_202);
  expect((await user.reaches(id, 'FAILED', 30_000)).outcome.code).toBe('order_unconfirmed');
  expectNothingBought(harness.sandbox);
  await until('the late order', async () => harness.sandbox.duffel.orders.all.size > 0);
  await harness.web.publisher.queues.monitor.add(
    'reconcile-vendors',
    {},
    { jobId: 'lists-after-late-order' },
  );
  await until('it to be cancelled', async () =>
    ledgerOf(harness.sandbox).orders.every(({ status }) => status === 'cancelled'),
  );
  expectNothingBought(harness.sandbox);
  expect((await user.timeline(id)).map(({ type }) => type)).toContain('booking.reopened');
}, 60_000);

test('an order never appears → looked up until the window ends, then everything is voided, and ops are alerted', async () => {
  // Without its webhook nobody says that the order failed.
  harness.sandbox.webhooks.copies = 0;
  const { user, id } = await onRoute('LCY', 'STN');
  await user.reaches(id, 'unconfirmed');
  const failed = await user.reaches(id, 'FAILED', 30_000);
  expect(failed.outcome.message).toMatch(/should an order still appear, we cancel it/);
  const again = await user.call('PATCH', `/api/trips/${id}`, {
    maxPrice: { amount: '400.00', currency: 'GBP' },
  });
  expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('never have two')]);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expectNothingBought(harness.sandbox);
  await until('the alert', async () =>
    JSON.stringify(harness.sandbox.intake.alerts).includes('order_unconfirmed'),
  );
}, 60_000);
