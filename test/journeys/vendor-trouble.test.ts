import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { copyOrder } from '../support/cases.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import {
  callsTo,
  expectNothingBought,
  expectOneTicket,
  lateAuthorization,
  ledgerOf,
} from '../support/ledger.ts';
import { mailArrives } from '../support/mail.ts';
import { until } from '../support/until.ts';
import { duffelError, fault, stripeError } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  const { stripe, duffel, world } = harness.sandbox;
  stripe.payments.intents.clear();
  stripe.payments.refunds.length = 0;
  duffel.orders.all.clear();
  world.calls.length = 0;
  await harness.database.query('delete from account_troubles');
});

const CREATE = 'duffel.orders.create';
const spoilt = (target: string, body: object, times = 1) => fault({ target, fault: 'spoilt', body, times });
const alerts = () => JSON.stringify(harness.sandbox.intake.alerts);
const KEY_EXPIRED = { type: 'invalid_request_error', code: 'api_key_expired' };
/** As if the account were mended, and its pause over. */
async function mended(): Promise<void> {
  harness.sandbox.faults.clear();
  await harness.database.query(`update account_troubles set paused_until = now() - interval '1 second'`);
  await harness.database.query(
    `update trip_requests set next_check_at = now() where auto_book_status = 'PENDING'`,
  );
}

test('a 201 that can not be read but for its id is looked up by it: one order, captured, BOOKED, the answer kept', async () => {
  harness.sandbox.faults.add(spoilt(CREATE, { total_amount: null, metadata: null, passengers: null }));
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
  expect(callsTo(harness.sandbox, CREATE)).toBe(1);
  expect((await user.timeline(id)).map(({ type }) => type)).toContain('order.unknown');
});

test('an order whose reference comes later is captured at once, and told once the reference is there', async () => {
  harness.sandbox.faults.add(spoilt(CREATE, { booking_reference: null }));
  const user = await harness.user();
  const { id } = await user.trip();
  const booked = await user.reaches(id, 'BOOKED');
  expect(booked.booking?.bookingReference).toMatch(/^[A-Z0-9]{6}$/);
  const rows = await harness.database.query<{ result: unknown }>(
    `select result from booking_steps where step = 'order' and attempt_id in (select id from booking_attempts where trip_id = $1)`,
    [id],
  );
  expect(JSON.stringify(rows)).toContain('slices');
  expect(JSON.stringify(rows)).not.toContain('Lovelace');
});

test('an expired key at Stripe: nothing is reserved, no card is blamed, bookings pause and go on by themselves', async () => {
  const user = await harness.user();
  const trip = await user.trip();
  harness.sandbox.faults.add({ ...stripeError('stripe.payment_intents*', 401, KEY_EXPIRED), times: 1_000 });
  await until('the pause', async () =>
    (await user.timeline(trip.id)).some(({ type }) => type === 'booking.undone'),
  );
  expect((await user.read(trip.id)).status).toBe('PENDING');
  expectNothingBought(harness.sandbox);
  await until('the alert', async () => alerts().includes('stripe refuses our account'));
  await mended();
  await user.reaches(trip.id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('a key that is rotated before the capture: it is captured once the key is back', async () => {
  harness.sandbox.faults.add({
    ...stripeError('stripe.payment_intents.capture', 403, KEY_EXPIRED),
    times: 1,
  });
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the order', async () => ledgerOf(harness.sandbox).orders.length === 1);
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
}, 90_000);

test('a permission that Duffel refuses at the order: the hold is released, and the trip is watched on', async () => {
  harness.sandbox.faults.add(duffelError(CREATE, 403, 'authentication_error', 'insufficient_permissions'));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the end of the attempt', async () =>
    (await user.timeline(id)).some(({ type }) => type === 'booking.undone'),
  );
  expect(ledgerOf(harness.sandbox).paymentIntents.map(({ status }) => status)).toEqual(['canceled']);
  expect((await user.read(id)).status).toBe('PENDING');
  await mended();
  await user.reaches(id, 'BOOKED');
});

test.each(['lost_card', 'stolen_card', 'fraudulent'])(
  'a decline by %s is told nowhere: not in the trip, the timeline, the receipt, the mail',
  async (code) => {
    const decline = { type: 'card_error', code: 'card_declined', decline_code: code };
    harness.sandbox.faults.add(stripeError('stripe.payment_intents.create', 402, decline));
    const email = `declined-${code.length}@traveller.example`;
    const user = await harness.user(undefined, { email });
    const { id } = await user.trip();
    const failed = await user.reaches(id, 'FAILED');
    expect(failed.outcome.code).toBe('card_declined');
    const { body: receipt } = await user.call('GET', `/api/trips/${id}/receipt`);
    const mail = await mailArrives(harness.sandbox, email, /card was not accepted/);
    const readable = JSON.stringify([failed, await user.timeline(id), receipt, mail]);
    expect(readable).not.toMatch(/stolen|lost_card|lost card|fraud/i);
  },
);

test('a bank that can not answer now: the trip is watched on, and booked at the next try', async () => {
  const decline = { type: 'card_error', code: 'card_declined', decline_code: 'issuer_not_available' };
  harness.sandbox.faults.add(stripeError('stripe.payment_intents.create', 402, decline));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the decline', async () =>
    (await user.timeline(id)).some(({ type }) => type === 'payment.declined'),
  );
  expect((await user.read(id)).status).not.toBe('FAILED');
});

let looks = 0;
async function compareLists(): Promise<void> {
  looks += 1;
  const { monitor } = harness.web.publisher.queues;
  const job = await monitor.add('reconcile-vendors', {}, { jobId: `trouble-${looks}-of-test` });
  await until('the lists to be read', async () => (await job.getState()) === 'completed');
}

test("another deployment's authorization is left alone, and so is one without a name; ours is voided", async () => {
  const [theirs, unnamed, ours] = [
    lateAuthorization(harness.sandbox, crypto.randomUUID(), 'elsewhere.example'),
    lateAuthorization(harness.sandbox, crypto.randomUUID()),
    lateAuthorization(harness.sandbox, crypto.randomUUID(), harness.config.DEPLOYMENT),
  ];
  await compareLists();
  await until('the void', async () => ours.status === 'canceled');
  expect([theirs.status, unnamed.status]).toEqual(['requires_capture', 'requires_capture']);
  const [fuse] = await harness.database.query('select state from fuse');
  expect(fuse).toEqual({ state: 'armed' });
});

test("another deployment's order that names an attempt of ours, in a copy of our tables, is neither taken nor cancelled", async () => {
  const { sandbox, database } = harness;
  const booked = await harness.user();
  const { id: bookedTrip } = await booked.trip();
  await booked.reaches(bookedTrip, 'BOOKED');
  const [order] = [...sandbox.duffel.orders.all.keys()];
  sandbox.faults.add(fault({ target: CREATE, fault: 'status', status: 202, body: { data: {} } }));
  const user = await harness.user();
  const { id: tripId } = await user.trip();
  await user.reaches(tripId, 'unconfirmed');
  const [attempt] = await database.query<{ id: string }>(
    'select id from booking_attempts where trip_id = $1',
    [tripId],
  );
  const metadata = { attempt_id: attempt?.id ?? '', trip_id: tripId, deployment: 'elsewhere.example' };
  const theirs = copyOrder(harness, order ?? '', metadata);
  sandbox.duffel.orders.event('order.created', { id: theirs });
  const outcome = await until('the webhook to be handled', async () => {
    const rows = await database.query<{ outcome: string | null }>(
      `select outcome from webhook_events where refs ->> 'orderId' = $1`,
      [theirs],
    );
    return rows[0]?.outcome;
  });
  expect(outcome).toBe('nobody_of_ours');
  expect(
    (await user.call('POST', `/api/trips/${tripId}/release`, { ticketMayStillTurnUp: true })).status,
  ).toBe(202);
  await user.reaches(tripId, 'FAILED');
  expect(sandbox.duffel.orders.all.get(theirs)?.cancelled_at).toBeNull();
});

test('an authorization that can not be read blinds nobody: the others are voided, and ops are alerted of it', async () => {
  const attemptId = crypto.randomUUID();
  const broken = lateAuthorization(harness.sandbox, attemptId, harness.config.DEPLOYMENT);
  broken.amount = null as unknown as number;
  const ours = lateAuthorization(harness.sandbox, crypto.randomUUID(), harness.config.DEPLOYMENT);
  await compareLists();
  await until('the void', async () => ours.status === 'canceled');
  expect(broken.status).toBe('requires_capture');
  await until('the alert', async () => alerts().includes(broken.id));
});

test('a 429 whose reset has passed is no burst: one post, and a whole window until the next', async () => {
  const headers = { 'ratelimit-reset': new Date(Date.now() - 5_000).toUTCString() };
  harness.sandbox.faults.add({
    ...duffelError(CREATE, 429, 'rate_limit_error', 'rate_limit_exceeded', headers),
    times: 1,
  });
  const user = await harness.user();
  const { id } = await user.trip();
  const delayed = await until('the refusal', async () =>
    (await user.timeline(id)).find(({ type }) => type === 'order.delayed'),
  );
  // Duffel's window is 60 s; when it began is unknown.
  expect(delayed.detail.pauseMs).toBeGreaterThanOrEqual(60_000);
  expect(callsTo(harness.sandbox, CREATE)).toBe(1);
  expect((await user.read(id)).status).toBe('BOOKING');
});
