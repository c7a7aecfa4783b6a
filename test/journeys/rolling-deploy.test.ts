import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueueName } from '../../src/domain/queue-names.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { ledgerOf } from '../support/ledger.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';
import { buildVersion } from '../support/versions.ts';

/** The version before: nobody had thought of cancelling a booking yet. */
const old = () =>
  buildVersion([
    ['queues/index.js', "    'cancel-booking': cancelBooking,\n", ''],
    ['processors/index.js', "    'cancel-booking': cancelBooking(sagas.cancelling),\n", ''],
  ]);
/** The version after: what is asked of a booking says where it came from. */
const next = () =>
  buildVersion([
    [
      'queues/book.js',
      'nudge: z.string().optional(),',
      'nudge: z.string().optional(), from: z.string().optional(),',
    ],
    ['services/booking/start.js', 'tripId, number }, {', "tripId, number, from: 'watch' }, {"],
  ]);

let harness: Harness;
let versions: Record<'old' | 'next', ReturnType<typeof buildVersion>>;
const started: AppProcess[] = [];
async function start(version: 'old' | 'next', ...queues: QueueName[]): Promise<AppProcess> {
  const env = { ...harness.env, WORKER_QUEUES: queues.join(',') };
  const app = await startRole('worker', env, versions[version].root);
  started.push(app);
  return app;
}

beforeAll(async () => {
  versions = { old: old(), next: next() };
  harness = await createHarness({ queues: [], env: { DUFFEL_ORDER_TIMEOUT_MS: '10000' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await harness.stop();
  for (const { remove } of Object.values(versions)) remove();
});

test('two versions work the same queues, on jobs of both, while the old one goes', async () => {
  const { sandbox } = harness;
  const users = await Promise.all(Array.from({ length: 4 }, () => harness.user()));
  const ask = () => Promise.all(users.map(async (user) => ({ user, id: (await user.trip()).id })));

  // The next version finds the fares, the old one buys: payloads with a field that it has never seen.
  const oldWorker = await start('old', 'book', 'notify');
  await start('next', 'search', 'monitor', 'notify', 'cleanup');
  const first = await ask();
  for (const { user, id } of first) await user.reaches(id, 'BOOKED');
  const { book } = harness.web.publisher.queues;
  for (const { id } of first)
    expect(await book.getJob(`book-${id}-1`)).toMatchObject({ data: { from: 'watch' } });

  // A job that only this and the next version know: the old one neither does it nor fails it.
  const [regretted] = first;
  const booking = (await regretted?.user.read(regretted.id))?.booking?.id;
  await regretted?.user.call('POST', `/api/bookings/${booking}/cancel`);
  await until('the old version to lay it back', async () =>
    oldWorker.output().includes('snooze: unknown_job'),
  );

  // Its last orders are on their way when it is told to go, and its successor is there already.
  sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 1_500, times: 4 }));
  const ordersBefore = ledgerOf(sandbox).orders.length;
  const second = await ask();
  const ordering = () => sandbox.world.calls.filter(({ target }) => target === 'duffel.orders.create');
  await until('its orders', async () => ordering().length > ordersBefore);
  await start('next', 'book', 'notify');
  oldWorker.child.kill('SIGTERM');
  expect(await oldWorker.gone).toEqual([0, null]);
  for (const { user, id } of second) await user.reaches(id, 'BOOKED', 40_000);
  await until('the cancellation', async () => {
    const timeline = await regretted?.user.timeline(regretted.id);
    return timeline?.some(({ type }) => type === 'booking.cancelled');
  });

  // Eight trips, each with one order and one charge; one of them given back.
  const { orders, paymentIntents } = ledgerOf(sandbox);
  expect(orders.map(({ status }) => status).sort()).toEqual(['cancelled', ...Array(7).fill('confirmed')]);
  expect(paymentIntents.filter(({ amountCaptured }) => amountCaptured > 0)).toHaveLength(8);
  expect(paymentIntents.filter(({ status }) => status === 'requires_capture')).toEqual([]);
}, 120_000);

test('what only a newer version knows stays in the outbox for it', async () => {
  const { publisher } = harness.web;
  await harness.database.query(
    `insert into outbox (queue, name, job_id, payload) values ('notify', 'greet', 'greet-1', '{}')`,
  );
  await publisher.flush();
  const waits = `select count(*)::int as count from outbox where name = 'greet' and published_at is null`;
  expect(await harness.database.query(waits)).toEqual([{ count: 1 }]);
});
