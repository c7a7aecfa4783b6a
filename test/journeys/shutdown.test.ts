import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectOneTicket } from '../support/ledger.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
const started: AppProcess[] = [];
const start = async (role: 'web' | 'worker', env: Record<string, string> = {}) => {
  const app = await startRole(role, { ...harness.env, ...env });
  started.push(app);
  return app;
};
beforeAll(async () => {
  harness = await createHarness({ queues: [], env: { DUFFEL_ORDER_TIMEOUT_MS: '20000' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await harness.stop();
});

test('a worker told to stop during an order call longer than it may take exits 0 in time; another completes the trip', async () => {
  const worker = await start('worker', { SHUTDOWN_TIMEOUT_MS: '3000' });
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 6_000 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until('the order call', async () => callsTo(harness.sandbox, 'duffel.orders.create') > 0);
  worker.child.kill('SIGTERM');
  expect(await worker.gone).toEqual([0, null]);
  // It did not wait for the answer, which is still to come.
  const call = harness.sandbox.world.calls.find(({ target }) => target === 'duffel.orders.create');
  expect(call?.status).toBeNull();
  await start('worker');
  await user.reaches(id, 'BOOKED', 50_000);
  expect(callsTo(harness.sandbox, 'duffel.orders.create')).toBe(1);
  expectOneTicket(harness.sandbox);
}, 90_000);

test('idle workers and a web process with an open event stream exit 0', async () => {
  const [worker, web] = await Promise.all([
    start('worker'),
    start('web', { PORT: '0', SHUTDOWN_TIMEOUT_MS: '5000' }),
  ]);
  const user = await harness.user();
  const { id } = await user.made(
    '/api/trips',
    await user.tripRequest({ autoBook: false, consent: undefined, destination: 'BOS' }),
  );
  const port = /"port":(\d+)/.exec(web.output())?.[1];
  const stream = await fetch(`http://127.0.0.1:${port}/api/trips/${id}/events`, {
    headers: { authorization: `Bearer ${user.token}` },
  });
  expect(stream.status).toBe(200);
  for (const { child } of [worker, web]) child.kill('SIGTERM');
  expect(await Promise.all([worker.gone, web.gone])).toEqual([
    [0, null],
    [0, null],
  ]);
});

test('a wrong environment: one line per problem, exit 1, no value shown', async () => {
  const failure = await startRole('worker', {
    ...harness.env,
    REDIS_URL: 'hunter2',
    PII_KEYS: 'v1:hunter2',
  }).catch((error: Error) => error.message);
  expect(failure).toContain('config: REDIS_URL must be');
  expect(failure).toContain('config: PII_KEYS must be');
  expect(failure).not.toContain('hunter2');
  expect(String(failure).match(/config: /g)).toHaveLength(2);
});
