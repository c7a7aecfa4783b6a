import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { lateAuthorization, ledgerOf } from '../support/ledger.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';

let harness: Harness;
const started: AppProcess[] = [];
beforeAll(async () => {
  harness = await createHarness({ queues: ['search', 'book'] });
});
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});
afterAll(() => harness.stop());

const count = async (from: string): Promise<number> => {
  const [row] = await harness.database.query<{ count: string }>(`select count(*) from ${from}`);
  return Number(row?.count);
};

async function cleanUp(day: string): Promise<void> {
  const { cleanup } = harness.web.publisher.queues;
  await cleanup.add('cleanup', { step: 'all', day });
  await until(
    'the cleanup',
    async () => {
      const states = await Promise.all(
        ['expire-trips', 'stale-offers', 'leftovers', 'anonymise', 'prune-logs'].map((step) =>
          cleanup.getJobState(`cleanup-${step}-${day}`),
        ),
      );
      return states.every((state) => state === 'completed');
    },
    60_000,
  );
}

/** Peak resident memory of a process so far, in MB. */
const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

test('100,000 stale offers go in bounded batches, under 200 MB, and block nobody; fresh ones stay', async () => {
  const worker = await startRole('worker', { ...harness.env, WORKER_QUEUES: 'cleanup' });
  started.push(worker);
  await harness.database.query(`
    with s as (insert into searches (search_key, freshness_window, status, created_at) values ('stale', 1, 'DONE', now() - interval '9 days') returning id)
    insert into flight_offers (search_id, search_key, provider, offer_id, price_minor, currency, expires_at, summary, raw, created_at)
    select s.id, 'stale', 'duffel', 'off_' || n, 1, 'GBP', now() - interval '9 days', '{}', jsonb_build_object('filler', repeat('x', 400)), now() - interval '9 days'
    from s, generate_series(1, 100000) n`);
  await harness.database.query(`
    with s as (insert into searches (search_key, freshness_window, status) values ('fresh', 2, 'DONE') returning id)
    insert into flight_offers (search_id, search_key, provider, offer_id, price_minor, currency, summary, raw)
    select s.id, 'fresh', 'duffel', 'fresh_' || n, 1, 'GBP', '{}', '{}' from s, generate_series(1, 500) n`);

  const done = cleanUp('2026-01-01').then(() => true);
  let writes = 0;
  // Others go on writing meanwhile; one that had to wait for a lock would fail.
  for (let over = false; !over; over = await Promise.race([done, Promise.resolve(false)])) {
    await harness.database.query(
      `set lock_timeout = '500ms'; update flight_offers set price_minor = price_minor + 1 where search_key = 'fresh'`,
    );
    writes += 1;
  }
  expect(writes).toBeGreaterThan(3);
  expect(await count(`flight_offers where search_key = 'stale'`)).toBe(0);
  expect(await count(`searches where search_key = 'stale'`)).toBe(0);
  expect(await count(`flight_offers where search_key = 'fresh'`)).toBe(500);
  expect(peakMemory(worker.child.pid ?? 0)).toBeLessThan(200);
}, 90_000);

test('travellers are forgotten 90 days after their last trip, logs are pruned, what is in use stays', async () => {
  started.push(await startRole('worker', { ...harness.env, WORKER_QUEUES: 'cleanup' }));
  const user = await harness.user();
  const request = await user.tripRequest({
    autoBook: false,
    consent: undefined,
    origin: 'PVD',
    destination: 'RAI',
    departureDate: inDays(30),
  });
  const [gone, kept] = [
    await user.traveler({ givenName: 'Gone' }),
    await user.traveler({ givenName: 'Kept' }),
  ];
  const old = await user.made('/api/trips', { ...request, travelerIds: [gone] });
  const recent = await user.made('/api/trips', { ...request, travelerIds: [kept] });
  await harness.database.query(
    `update trip_requests set auto_book_status = 'EXPIRED', departure_date = current_date - 91 where id = $1`,
    [old.id],
  );
  await harness.database.query(
    `update trip_requests set auto_book_status = 'EXPIRED', departure_date = current_date - 89 where id = $1`,
    [recent.id],
  );
  await harness.database.query(
    `insert into outbox (queue, name, job_id, payload, published_at) values ('search', 'search', 'old', '{}', now() - interval '30 days')`,
  );
  await harness.database.query(
    `insert into idempotency_keys (user_id, key, fingerprint, created_at) values ($1, 'old', 'x', now() - interval '30 days')`,
    [user.sub],
  );
  await harness.database.query(
    `insert into webhook_events (provider, event_id, dedupe_key, type, refs, received_at, processed_at) values ('stripe', 'old', 'old', 'x', '{}', now() - interval '60 days', now())`,
  );
  await cleanUp('2026-01-02');
  expect((await user.call('GET', `/api/travelers/${gone}`)).status).toBe(404);
  expect((await user.call('GET', `/api/travelers/${kept}`)).status).toBe(200);
  expect((await user.call('GET', `/api/trips/${old.id}`)).status).toBe(200);
  expect(await count(`outbox where job_id = 'old'`)).toBe(0);
  expect(await count(`idempotency_keys where key = 'old'`)).toBe(0);
  expect(await count(`webhook_events where event_id = 'old'`)).toBe(0);
}, 90_000);

test('an authorization that a failed attempt left behind is voided', async () => {
  started.push(await startRole('worker', { ...harness.env, WORKER_QUEUES: 'cleanup' }));
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const user = await harness.user();
  const { id } = await user.trip({}, 'pm_card_chargeCustomerFail');
  await user.reaches(id, 'FAILED');
  harness.sandbox.webhooks.copies = 0;
  const [attempt] = await harness.database.query<{ id: string }>(
    'select id from booking_attempts where trip_id = $1',
    [id],
  );
  const authorization = lateAuthorization(harness.sandbox, attempt?.id ?? '');
  await harness.database.query(
    `update booking_attempts set payment_intent_id = $2, finished_at = now() - interval '1 hour' where id = $1`,
    [attempt?.id, authorization.id],
  );
  await cleanUp('2026-01-03');
  await until(
    'the release',
    async () =>
      ledgerOf(harness.sandbox).paymentIntents.find((intent) => intent.id === authorization.id)?.status ===
      'canceled',
  );
}, 90_000);

test('the nightly schedule exists, with its next run in the coming night', async () => {
  const schedule = await harness.web.publisher.queues.cleanup.getJobScheduler('cleanup');
  expect(schedule).toMatchObject({ pattern: '0 30 2 * * *', tz: 'UTC' });
  const ahead = (schedule?.next ?? 0) - Date.now();
  expect(ahead).toBeGreaterThan(0);
  expect(ahead).toBeLessThanOrEqual(86_400_000);
});
