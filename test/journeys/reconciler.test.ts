import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAuditLog } from '../../src/db/stores/audit-log.ts';
import { verifyAuditLog } from '../../src/services/evidence/verify.ts';
import { takeBackup } from '../support/backup.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket, lateAuthorization, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  // No webhook helps here: the lists alone must do.
  harness.sandbox.webhooks.copies = 0;
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.stripe.payments.refunds.length = 0;
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
  await harness.database.query(`update fuse set state = 'armed', reason = null`);
});

const price = (amount: string) =>
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount, currency: 'GBP', refundable: true });
let looks = 0;
async function compareLists(): Promise<void> {
  looks += 1;
  const { monitor } = harness.web.publisher.queues;
  const job = await monitor.add('reconcile-vendors', {}, { jobId: `lists-${looks}-of-test` });
  await until('the lists to be read', async () => (await job.getState()) === 'completed');
}
const attemptsOf = (tripId: string) =>
  harness.database.query<{ id: string; status: string; number: number }>(
    'select id, status, number from booking_attempts where trip_id = $1 order by number',
    [tripId],
  );
const orphans = () =>
  harness.database.query<{ provider_id: string; action: string; outcome: string | null }>(
    'select * from orphans',
  );

async function failed(): Promise<{
  tripId: string;
  attemptId: string;
  user: Awaited<ReturnType<Harness['user']>>;
}> {
  price('399.00');
  const user = await harness.user();
  const { id: tripId } = await user.trip({}, 'pm_card_chargeCustomerFail');
  await user.reaches(tripId, 'FAILED');
  const [attempt] = await attemptsOf(tripId);
  return { tripId, attemptId: attempt?.id ?? '', user };
}

test('an authorization of an attempt that failed is voided', async () => {
  const { attemptId } = await failed();
  const authorization = lateAuthorization(harness.sandbox, attemptId);
  await compareLists();
  await until('the void', async () => authorization.status === 'canceled');
});

test('an authorization of an unknown attempt is voided and reported; one that is not ours is left alone', async () => {
  const orphan = lateAuthorization(harness.sandbox, crypto.randomUUID(), harness.config.DEPLOYMENT);
  const foreign = lateAuthorization(harness.sandbox, '');
  await compareLists();
  await until('the void', async () => orphan.status === 'canceled');
  expect(foreign.status).toBe('requires_capture');
  expect(await orphans()).toMatchObject([{ provider_id: orphan.id, action: 'release', outcome: 'released' }]);
  await compareLists();
  expect(await orphans()).toHaveLength(1);
});

test('two orders for one attempt: one is booked, a person is called for the other, and nothing new is bought', async () => {
  price('399.00');
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  const [order] = harness.sandbox.duffel.orders.all.values();
  if (!order) throw new Error('no order');
  const twin = { ...order, id: 'ord_twin', booking_reference: 'TWIN22' };
  harness.sandbox.duffel.orders.all.set(twin.id, twin);
  await compareLists();
  expect((await orphans()).filter(({ action }) => action === 'human')).toMatchObject([
    { provider_id: 'ord_twin' },
  ]);
  const [fuse] = await harness.database.query('select state, reason from fuse');
  expect(fuse).toEqual({ state: 'blown', reason: 'invariant_breach' });
  await until('the alert', async () => JSON.stringify(harness.sandbox.intake.alerts).includes('ord_twin'));
});

test('a backup from before the booking: no second ticket, and the trip is BOOKED again with the first', async () => {
  price('480.00');
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'above_budget');
  const restore = await takeBackup(harness.database);
  price('399.00');
  const before = await user.reaches(id, 'BOOKED');
  await harness.stopWorkers();
  await restore();
  expect((await user.read(id)).status).toBe('PENDING');
  await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
  // The fare still fits. Whether the trip is tried again first or the lists are read first: the payment gives it away.
  await until('the booking to be back', async () => {
    await compareLists();
    return (await user.read(id)).status === 'BOOKED';
  });
  const after = await user.read(id);
  expect(after.booking).toMatchObject({
    orderId: before.booking?.orderId,
    bookingReference: before.booking?.bookingReference,
    price: before.booking?.price,
  });
  expectOneTicket(harness.sandbox);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  const reader = openDatabase(harness.database.url, 'parker_worker', { max: 1 });
  const { problems } = await verifyAuditLog(createAuditLog(reader));
  await reader.close();
  expect(problems.filter((problem) => problem.includes(id))).toEqual([]);
}, 90_000);

test.each(['stripe.payment_intents.create', 'duffel.orders.create', 'stripe.payment_intents.capture'])(
  'a backup from the middle of the booking, before %s: still one ticket and one charge',
  async (target) => {
    price('399.00');
    harness.sandbox.faults.add(fault({ target, fault: 'latency', delayMs: 1_200 }));
    const user = await harness.user();
    const { id } = await user.trip();
    await until('the call', async () => callsTo(harness.sandbox, target) > 0);
    const restore = await takeBackup(harness.database);
    await user.reaches(id, 'BOOKED');
    await harness.stopWorkers();
    await restore();
    // What was under way when the backup was taken holds its claim for a while yet.
    await harness.database.query('update booking_attempts set lease_until = null');
    await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
    const [attempt] = await attemptsOf(id);
    await harness.web.publisher.queues.book.add(
      'book',
      { attemptId: attempt?.id, tripId: id, number: 1, nudge: 'restored' },
      { jobId: `restored-${id}` },
    );
    await user.reaches(id, 'BOOKED');
    expectOneTicket(harness.sandbox);
    expect(ledgerOf(harness.sandbox).orders).toHaveLength(1);
  },
  60_000,
);

test('a database that lost the trip itself: the ticket is left as it is, and a person is called for it', async () => {
  price('399.00');
  const restore = await takeBackup(harness.database);
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  await harness.stopWorkers();
  await restore();
  await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
  await compareLists();
  const [order] = ledgerOf(harness.sandbox).orders;
  expect((await orphans()).map(({ provider_id, action }) => [provider_id, action])).toEqual(
    expect.arrayContaining([[order?.id, 'human']]),
  );
  expect(order?.status).toBe('confirmed');
});
