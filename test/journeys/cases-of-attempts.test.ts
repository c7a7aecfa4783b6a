import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/client/index.ts';
import { createAuditLog } from '../../src/db/stores/audit-log.ts';
import { verifyAuditLog } from '../../src/services/evidence/verify.ts';
import { casesOf, copyOrder, expectRefused, truthOf, unpaidTicket } from '../support/cases.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { mailArrives } from '../support/mail.ts';
import { until } from '../support/until.ts';

/** An order is looked up for as long as the tests run, and does not turn up meanwhile. */
const FOREVER_MS = 3_600_000_000;
const LATE_MS = 600_000;
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({
    env: { CASE_TWO_PEOPLE_ABOVE: '1000' },
    saga: { orderLookupMs: FOREVER_MS },
  });
});
afterAll(() => harness.stop());
afterEach(async () => {
  harness.sandbox.faults.clear();
  harness.sandbox.webhooks.copies = 1;
  // An orphan that a person must decide about blows it.
  await harness.database.query(`update fuse set state = 'armed', reason = null`);
  await expectVerified();
});
const { operator, ofTrip, act, gone, list } = casesOf(() => harness);

async function expectVerified(): Promise<void> {
  const reader = openDatabase(harness.database.url, 'parker_worker', { max: 1 });
  try {
    // A worker may write between a trip and its snapshot; the snapshot is one moment.
    expect((await verifyAuditLog(createAuditLog(reader))).problems).toEqual([]);
  } finally {
    await reader.close();
  }
}

test('a case says why it waits, what money is where, which ticket there is, until when, and what may be done', async () => {
  const ada = await operator();
  const { tripId } = await unpaidTicket(harness);
  const one = await ofTrip(ada, tripId);
  const [order] = truthOf(harness, tripId).orders;
  expect(one).toMatchObject({
    kind: 'attempt',
    code: 'order_not_refundable',
    step: 'cancel_order',
    money: {
      reserved: { amount: '300.00', currency: 'GBP' },
      captured: { amount: '0.00', currency: 'GBP' },
      refunded: { amount: '0.00', currency: 'GBP' },
    },
    ticket: { orderId: order?.id, reference: order?.booking_reference },
    takenBy: null,
    allowed: ['adopt', 'capture', 'release', 'cancel-order', 'close'],
  });
  expect(Date.parse(one.deadline ?? '')).toBeGreaterThan(Date.now());
  expect(one.ageMs).toBeGreaterThanOrEqual(0);
});

test('capture: the money is captured after all, the trip is booked, and the traveller has the confirmation', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness, 'captured@traveller.example');
  const { id } = await ofTrip(ada, tripId);
  const reply = await act(ada, id, 'capture');
  expect([reply.status, reply.body]).toEqual([202, expect.objectContaining({ state: 'accepted' })]);
  await user.reaches(tripId, 'BOOKED');
  await gone(ada, id);
  expect(truthOf(harness, tripId)).toMatchObject({ payments: ['succeeded'] });
  await mailArrives(harness.sandbox, 'captured@traveller.example', /Booked/);
});

test('cancel-order: the loss must be accepted; then the order is cancelled, the money voided, and the traveller told', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness, 'lost@traveller.example');
  const { id } = await ofTrip(ada, tripId);
  expectRefused(await act(ada, id, 'cancel-order'), /gives back 0\.00 of 300\.00 GBP.*acceptLoss/);
  expectRefused(await act(ada, id, 'release'), /is live at the airline/);
  expectRefused(await act(ada, id, 'close'), /is live at the airline/);
  expectRefused(await act(ada, id, 'refund'), /not possible for this case/);
  expect((await act(ada, id, 'cancel-order', { acceptLoss: true })).status).toBe(202);
  const trip = await user.reaches(tripId, 'FAILED');
  expect(trip.outcome.code).toBe('cancelled_by_hand');
  expect(truthOf(harness, tripId)).toMatchObject({ live: [], payments: ['canceled'] });
  await gone(ada, id);
  await mailArrives(harness.sandbox, 'lost@traveller.example', /could not book/);
});

test("another deployment's order that names the attempt is neither adopted nor cancelled", async () => {
  const ada = await operator();
  const { tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  const [order] = truthOf(harness, tripId).orders;
  if (!order) throw new Error('there is no order');
  const theirs = copyOrder(harness, order.id, { ...order.metadata, deployment: 'elsewhere.example' });
  for (const action of ['adopt', 'cancel-order'])
    expectRefused(
      await act(ada, id, action, { orderId: theirs, acceptLoss: true }),
      /was made by another deployment/,
    );
  expect((await act(ada, id, 'cancel-order', { acceptLoss: true })).status).toBe(202);
  await gone(ada, id);
  expect(harness.sandbox.duffel.orders.all.get(theirs)?.cancelled_at).toBeNull();
});

test('the airline gives back less than was accepted: the case waits for a person again', async () => {
  const ada = await operator();
  const { tripId } = await unpaidTicket(harness);
  const one = await ofTrip(ada, tripId);
  const [order] = truthOf(harness, tripId).orders;
  if (!order) throw new Error('there is no order');
  const penalty = (amount: string) => ({
    refund_before_departure: { allowed: true, penalty_amount: amount, penalty_currency: 'GBP' },
  });
  Object.assign(order.conditions, penalty('50.00'));
  await harness.stopWorkers();
  expect((await act(ada, one.id, 'cancel-order', { acceptLoss: true })).status).toBe(202);
  Object.assign(order.conditions, penalty('60.00'));
  await harness.startWorkers(['search', 'monitor', 'book', 'notify', 'cleanup']);
  const again = await until('the case again', async () =>
    (await list(ada)).find(({ id, version }) => id === one.id && version !== one.version),
  );
  expect(again.code).toBe('order_not_refundable');
  expect(truthOf(harness, tripId).live).toEqual([order.id]);
  await act(ada, one.id, 'cancel-order', { acceptLoss: true });
  await gone(ada, one.id);
});

test('release and close: nothing is open once the airline has cancelled the order by itself', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  const [order] = truthOf(harness, tripId).orders;
  if (!order) throw new Error('there is no order');
  order.cancelled_at = new Date().toISOString();
  expectRefused(await act(ada, id, 'capture'), /is cancelled at the airline/);
  expectRefused(await act(ada, id, 'close'), /still reserved. Use release/);
  expect((await act(ada, id, 'release')).status).toBe(202);
  expect((await user.reaches(tripId, 'FAILED')).outcome.code).toBe('released_by_hand');
  expect(truthOf(harness, tripId).payments).toEqual(['canceled']);

  const second = await unpaidTicket(harness);
  const closed = await ofTrip(ada, second.tripId);
  const { orders, intents } = truthOf(harness, second.tripId);
  for (const one of orders) one.cancelled_at = new Date().toISOString();
  for (const one of intents) one.status = 'canceled';
  expect((await act(ada, closed.id, 'close')).status).toBe(202);
  expect((await second.user.reaches(second.tripId, 'FAILED')).outcome.code).toBe('closed_by_hand');
});

test('refund: captured money without a ticket goes back', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  const { orders, intents } = truthOf(harness, tripId);
  for (const one of orders) one.cancelled_at = new Date().toISOString();
  const [intent] = intents;
  if (!intent) throw new Error('nothing was ever reserved');
  harness.sandbox.stripe.payments.capture(intent, intent.amount);
  await harness.database.query(
    `update booking_steps set outcome = null where step = 'capture' and attempt_id = $1`,
    [id],
  );
  expectRefused(await act(ada, id, 'release'), /only be refunded/);
  expectRefused(await act(ada, id, 'close'), /captured. Use refund/);
  expect((await act(ada, id, 'refund')).status).toBe(202);
  expect((await user.reaches(tripId, 'FAILED')).outcome.code).toBe('refunded_by_hand');
  const refunds = harness.sandbox.stripe.payments.refunds.filter((one) => one.payment_intent === intent.id);
  expect(refunds.map(({ amount, status }) => [amount, status])).toEqual([[30_000, 'succeeded']]);
});

test('close of a ticket that is paid for ends BOOKED', async () => {
  const ada = await operator();
  const { user, tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  const [intent] = truthOf(harness, tripId).intents;
  if (!intent) throw new Error('nothing was ever reserved');
  harness.sandbox.stripe.payments.capture(intent, intent.amount);
  expect((await act(ada, id, 'close')).status).toBe(202);
  await user.reaches(tripId, 'BOOKED');
});

async function lookingUp(minutes: number) {
  harness.sandbox.world.settings.lateOrderMs = LATE_MS;
  harness.sandbox.duffel.prices.pin('SEN', 'STN', { amount: '300.00', currency: 'GBP', refundable: true });
  const user = await harness.user();
  const { id: tripId } = await user.trip({ origin: 'SEN', destination: 'STN' });
  await user.reaches(tripId, 'unconfirmed');
  await harness.database.query(
    `update booking_steps set intended_at = intended_at - $2 * interval '1 minute' where step = 'order'
       and attempt_id in (select id from booking_attempts where trip_id = $1)`,
    [tripId, minutes],
  );
  return { user, tripId };
}

test('an order that nobody has seen for 15 minutes is a case; released only when a person states that there is none', async () => {
  const ada = await operator();
  const young = await lookingUp(10);
  const { user, tripId } = await lookingUp(16);
  const one = await ofTrip(ada, tripId);
  expect((await list(ada)).map((other) => other.tripId)).not.toContain(young.tripId);
  expect(one).toMatchObject({ code: 'order_unknown', step: 'settle', ticket: 'unknown' });
  expectRefused(await act(ada, one.id, 'release'), /It is unknown whether there is an order.*noOrder/);
  expectRefused(await act(ada, one.id, 'adopt'), /shows no live order of ours/);
  expect((await act(ada, one.id, 'release', { noOrder: true })).status).toBe(202);
  // A late order is still guarded against: the trip is not bought again at once.
  expect((await user.reaches(tripId, 'FAILED')).outcome.code).toBe('order_unconfirmed');
  expect(truthOf(harness, tripId).payments).toEqual(['canceled']);
});

test('adopt: of two orders of one request the named one is taken, the other is a case of its own', async () => {
  const ada = await operator();
  harness.sandbox.webhooks.copies = 0;
  const { user, tripId } = await unpaidTicket(harness);
  const { id } = await ofTrip(ada, tripId);
  const [order] = truthOf(harness, tripId).orders;
  const second = copyOrder(harness, order?.id ?? '');
  expectRefused(await act(ada, id, 'adopt'), /more than one order/);
  expectRefused(await act(ada, id, 'adopt', { orderId: 'ord_nobody' }), /has no order ord_nobody/);
  await harness.database.query(
    `insert into orphans (provider_id, kind, action, attempt_id) values ($1, 'order', 'human', $2)`,
    [second, id],
  );
  expect((await list(ada)).map((one) => one.id)).toContain(second);
  expect((await act(ada, id, 'adopt', { orderId: second })).status).toBe(202);
  const { booking } = await user.reaches(tripId, 'BOOKED');
  expect(booking?.orderId).toBe(second);
  // Once adopted it is the traveller's ticket, and no orphan that could be cancelled.
  expect((await list(ada)).map((one) => one.id)).not.toContain(second);
  expect((await act(ada, second, 'cancel-order', { acceptLoss: true })).status).toBe(404);
  await harness.web.publisher.queues.monitor.add('reconcile-vendors', {}, { jobId: 'lists-after-adopt' });
  const orphan = await until('the other order', async () =>
    (await list(ada)).find((one) => one.id === order?.id),
  );
  expect(orphan).toMatchObject({
    kind: 'orphan',
    code: 'orphan_order',
    tripId,
    allowed: ['cancel-order', 'close'],
  });
  expectRefused(await act(ada, orphan.id, 'close'), /is live/);
  expect((await act(ada, orphan.id, 'cancel-order', { acceptLoss: true })).status).toBe(202);
  await gone(ada, orphan.id);
  expect(truthOf(harness, tripId).live).toEqual([second]);
});

test('an order without our metadata takes two people, whatever it costs', async () => {
  const [ada, bob] = [await operator(), await operator()];
  harness.sandbox.webhooks.copies = 0;
  const { user, tripId } = await lookingUp(16);
  const one = await ofTrip(ada, tripId);
  const booked = await unpaidTicket(harness);
  const [sample] = truthOf(harness, booked.tripId).orders;
  const strange = copyOrder(harness, sample?.id ?? '', {});
  const first = await act(ada, one.id, 'adopt', { orderId: strange });
  expect([first.status, first.body.state]).toEqual([202, 'proposed']);
  expectRefused(await act(ada, one.id, 'adopt', { orderId: strange }), /second person/);
  expect((await act(bob, one.id, 'adopt', { orderId: strange })).body.state).toBe('accepted');
  await user.reaches(tripId, 'BOOKED');
  const other = await ofTrip(ada, booked.tripId);
  await act(ada, other.id, 'cancel-order', { acceptLoss: true });
  await gone(ada, other.id);
});
