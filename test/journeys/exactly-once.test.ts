import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { mailTo } from '../support/mail.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
const workers: AppProcess[] = [];
beforeAll(async () => {
  harness = await createHarness({ queues: [], env: { DUFFEL_ORDER_TIMEOUT_MS: '4000' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  workers.push(...(await Promise.all([1, 2, 3].map(() => startRole('worker', harness.env)))));
});
afterAll(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await harness.stop();
});
afterEach(() => {
  harness.sandbox.faults.clear();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  harness.sandbox.world.calls.length = 0;
});

test('one request sent 50 times at once, its book job delivered 50 times to 3 processes: one of everything', async () => {
  const email = 'once@traveller.example';
  const user = await harness.user(undefined, { email });
  const request = await user.tripRequest();
  const key = randomUUID();
  // The order call takes a moment, so that the duplicates meet an attempt in flight.
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 1_500 }));
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => user.call('POST', '/api/trips', request, { 'idempotency-key': key })),
  );
  expect(
    [...new Set(replies.map((reply) => reply.status))].filter((status) => ![202, 409].includes(status)),
  ).toEqual([]);
  const ids = new Set(replies.filter((reply) => reply.status === 202).map((reply) => reply.body.id));
  expect(ids.size).toBe(1);
  const again = await user.call('POST', '/api/trips', request, { 'idempotency-key': key });
  expect(again.status).toBe(202);
  const id = again.body.id as string;

  const attempt = await until('the attempt', async () => {
    const [row] = await harness.database.query<{ id: string; number: number }>(
      'select id, number from booking_attempts where trip_id = $1',
      [id],
    );
    return row;
  });
  const { book } = harness.web.publisher.queues;
  await book.addBulk(
    Array.from({ length: 50 }, (_, index) => ({
      name: 'book',
      data: { attemptId: attempt.id, tripId: id, number: attempt.number },
      opts: { jobId: `again-${id}-${index}` },
    })),
  );
  await user.reaches(id, 'BOOKED');
  await until('the mail', async () => mailTo(harness.sandbox, email).length > 0);
  await until('every delivery to be answered', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 50 }, (_, index) => book.getJobState(`again-${id}-${index}`)),
    );
    return jobs.every((state) => state === 'completed');
  });
  const [{ trips, attempts } = { trips: '', attempts: '' }] = await harness.database.query<{
    trips: string;
    attempts: string;
  }>(
    'select (select count(*) from trip_requests where user_id = $1) trips, (select count(*) from booking_attempts where user_id = $1) attempts',
    [user.sub],
  );
  expect([trips, attempts]).toEqual([1, 1].map(String));
  expectOneTicket(harness.sandbox);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expect(ledgerOf(harness.sandbox).paymentIntents).toHaveLength(1);
  expect(mailTo(harness.sandbox, email)).toHaveLength(1);
});

test('the same key with another body is refused', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ autoBook: false, consent: undefined, destination: 'BOS' });
  const headers = { 'idempotency-key': 'one-key' };
  expect((await user.call('POST', '/api/trips', request, headers)).status).toBe(202);
  const other = { ...request, maxPrice: { amount: '1.00', currency: 'GBP' } };
  expect((await user.call('POST', '/api/trips', other, headers)).status).toBe(422);
});

test('a failed request frees its key', async () => {
  const user = await harness.user();
  const request = await user.tripRequest({ autoBook: false, consent: undefined, destination: 'BOS' });
  const headers = { 'idempotency-key': 'second-key' };
  const past = { ...request, departureDate: '2020-01-01' };
  expect((await user.call('POST', '/api/trips', past, headers)).status).toBe(422);
  expect((await user.call('POST', '/api/trips', request, headers)).status).toBe(202);
});

test('a worker that stops while it books finishes or hands over, exits 0, and the trip is booked', async () => {
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 1_500 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the order call', async () => callsTo(harness.sandbox, 'duffel.orders.create') > 0);
  const stopping = workers.splice(0, 2);
  for (const { child } of stopping) child.kill('SIGTERM');
  // Past its time a process ends itself with 1, so 0 says that it stopped within it.
  for (const { gone } of stopping) expect(await gone).toEqual([0, null]);
  await user.reaches(id, 'BOOKED');
  expectOneTicket(harness.sandbox);
});

test('a worker killed in the middle of the order call: another looks it up, and there is one ticket', async () => {
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 1_000 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the order call', async () => callsTo(harness.sandbox, 'duffel.orders.create') > 0);
  for (const { child } of workers.splice(0)) child.kill('SIGKILL');
  workers.push(await startRole('worker', harness.env));
  // The dead worker's claim lapses after 20 s; the reconciler looks every half second here.
  await user.reaches(id, 'BOOKED', 50_000);
  expect((await user.timeline(id)).map((entry) => entry.type)).toContain('order.adopted');
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expectOneTicket(harness.sandbox);
}, 90_000);
