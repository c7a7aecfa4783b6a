import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Call } from '../../sandbox/world.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { expectOneTicket, lateAuthorization } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

/** An account that others use, too, and for long: thousands of orders and payments that are none of ours. */
const RECENT = 3_000;
const OLD = 1_500;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.webhooks.copies = 0;
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(() => harness.endWatching());

const orders = () => harness.sandbox.duffel.orders.all;
const intents = () => harness.sandbox.stripe.payments.intents;

/** Foreign rows: made by hand, or by another deployment, from so long ago on. */
function addForeignOrders(template: object, count: number, firstAgeMs: number, name: string): void {
  for (let at = 0; at < count; at += 1) {
    const id = `ord_${name}_${at}`;
    const created_at = new Date(Date.now() - firstAgeMs + at).toISOString();
    const metadata = at % 2 ? {} : { attempt_id: crypto.randomUUID(), deployment: 'another.example' };
    orders().set(id, { ...(template as never as object), id, created_at, metadata } as never);
  }
}
function addForeignPayments(
  template: object,
  count: number,
  firstAgeMs: number,
  name: string,
  changes = {},
): void {
  for (let at = 0; at < count; at += 1) {
    const id = `pi_${name}_${at}`;
    const created = Math.floor((Date.now() - firstAgeMs + at) / 1_000);
    const metadata = at % 2 ? {} : { attempt_id: crypto.randomUUID(), deployment: 'another.example' };
    intents().set(id, {
      ...template,
      id,
      created,
      metadata,
      status: 'requires_capture',
      ...changes,
    } as never);
  }
}

const listed = (target: string): URLSearchParams[] =>
  harness.sandbox.world.calls
    .filter((call: Call) => call.target === target)
    .map(({ path }) => new URL(path, 'http://vendor').searchParams);

test('the lists are read in bounded pages, as far back as the vendor is asked for, and ours are found among thousands', async () => {
  const user = await harness.user();
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  const [order] = orders().values();
  const [intent] = intents().values();
  if (!order || !intent) throw new Error('nothing was bought');
  orders().clear();
  intents().clear();
  addForeignOrders(order, OLD, DAY_MS, 'old');
  addForeignPayments(intent, OLD, DAY_MS, 'old');
  addForeignOrders(order, RECENT / 2, 25 * MINUTE_MS, 'before');
  addForeignPayments(intent, RECENT / 2, 25 * MINUTE_MS, 'before');
  const ours = { attempt_id: crypto.randomUUID(), deployment: harness.config.DEPLOYMENT };
  orders().set('ord_lost', {
    ...order,
    id: 'ord_lost',
    created_at: new Date(Date.now() - 15 * MINUTE_MS).toISOString(),
    metadata: ours,
  });
  const authorization = lateAuthorization(harness.sandbox, crypto.randomUUID(), harness.config.DEPLOYMENT);
  addForeignOrders(order, RECENT / 2, 10 * MINUTE_MS, 'after');
  addForeignPayments(intent, RECENT / 2, 10 * MINUTE_MS, 'after');
  harness.sandbox.world.calls.length = 0;

  const { monitor } = harness.web.publisher.queues;
  const job = await monitor.add('reconcile-vendors', {}, { jobId: 'long-history' });
  await until('the lists to be read', async () => (await job.getState()) === 'completed', 60_000);

  const found = await harness.database.query('select provider_id, action from orphans order by provider_id');
  expect(found).toEqual([
    { provider_id: 'ord_lost', action: 'human' },
    { provider_id: authorization.id, action: 'release' },
  ]);
  await until('the void', async () => authorization.status === 'canceled');
  const foreign = [...intents().values()].filter(({ id: one }) => one !== authorization.id);
  expect(foreign.every(({ status }) => status === 'requires_capture')).toBe(true);

  const pages = [
    { target: 'duffel.orders.list', size: 200, since: 'created_at[after]', cursor: 'after' },
    { target: 'stripe.payment_intents.list', size: 100, since: 'created[gte]', cursor: 'starting_after' },
  ];
  for (const { target, size, since, cursor } of pages) {
    const queries = listed(target);
    expect([target, queries.length]).toEqual([target, Math.ceil((RECENT + 1) / size)]);
    expect(queries.every((query) => query.get('limit') === String(size) && query.has(since))).toBe(true);
    const cursors = queries.map((query) => query.get(cursor));
    expect(cursors[0]).toBeNull();
    expect(new Set(cursors).size).toBe(queries.length);
  }
});

test('a customer with hundreds of payments: a lost one is found by the customer, on the first page', async () => {
  const [intent] = intents().values();
  if (!intent) throw new Error('no payment to copy');
  intents().clear();
  orders().clear();
  await harness.database.query(`update fuse set state = 'armed', reason = null`);
  const user = await harness.user();
  await user.card();
  const customer = [...harness.sandbox.stripe.customers.values()].at(-1)?.id ?? '';
  // What was paid before, and given back.
  addForeignPayments(intent, 500, DAY_MS, 'past', { customer, status: 'canceled' });
  harness.sandbox.world.calls.length = 0;
  const target = 'stripe.payment_intents.create';
  harness.sandbox.faults.add(fault({ target, fault: 'lost_answer', times: 3 }));
  const { id } = await user.trip();
  await user.reaches(id, 'BOOKED');
  for (const past of [...intents().keys()].filter((one) => one.startsWith('pi_past'))) intents().delete(past);
  expectOneTicket(harness.sandbox);
  const queries = listed('stripe.payment_intents.list').filter((query) => query.has('customer'));
  expect(queries.length).toBeGreaterThan(0);
  expect(queries.every((query) => query.get('customer') === customer && query.has('created[gte]'))).toBe(
    true,
  );
});
