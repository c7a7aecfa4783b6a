import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo } from '../support/ledger.ts';
import { until } from '../support/until.ts';

const BOARD = '/admin/queues';
let harness: Harness;
let [nobody, viewer, operator, admin]: Client[] = [];
let jobId = '';
beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const as = (sub: string) => harness.user(sub, { roles: [sub] });
  nobody = await harness.user('traveller');
  [viewer, operator, admin] = await Promise.all([as('viewer'), as('operator'), as('admin')]);
  const { id } = await nobody.trip();
  await nobody.reaches(id, 'BOOKED');
  jobId = `book-${id}-1`;
});
afterAll(() => harness.stop());

const audits = () =>
  harness.database.query<{ actor: string; action: string; allowed: boolean }>(
    'select actor, action, allowed from ops_audits order by id',
  );

test('no token is 401, a traveller 403; a browser is shown where to sign in', async () => {
  const bare = await fetch(`${harness.url}${BOARD}`);
  expect(bare.status).toBe(401);
  const browser = await fetch(`${harness.url}${BOARD}`, { headers: { accept: 'text/html' } });
  expect([browser.status, await browser.text()]).toEqual([401, expect.stringContaining('<form')]);
  expect((await nobody!.call('GET', `${BOARD}/api/queues`)).status).toBe(403);
});

test('a viewer reads every queue and may do nothing; each try is audited', async () => {
  const { status, body } = await viewer!.call('GET', `${BOARD}/api/queues`);
  expect(status).toBe(200);
  expect(body.queues.map((queue: { name: string }) => queue.name).sort()).toEqual([
    'book',
    'cleanup',
    'monitor',
    'notify',
    'search',
  ]);
  for (const [method, path] of [
    ['PUT', `${BOARD}/api/queues/book/pause`],
    ['PUT', `${BOARD}/api/queues/book/${jobId}/retry`],
    ['PUT', `${BOARD}/api/queues/book/obliterate`],
    ['POST', `${BOARD}/api/queues/book/add`],
  ] as const)
    expect((await viewer!.call(method, path, {})).status).toBe(403);
  expect((await audits()).filter((row) => row.actor === 'viewer' && !row.allowed)).toHaveLength(4);
});

test('a viewer’s board has no button that acts; what is refused all the same says so where Bull Board shows it', async () => {
  const modes = async (who: Client) => {
    const { body } = await who.call('GET', `${BOARD}/api/queues`);
    return new Set(
      body.queues.map(
        ({ readOnlyMode, allowRetries }: Record<string, boolean>) => `${readOnlyMode} ${allowRetries}`,
      ),
    );
  };
  expect([...(await modes(viewer!))]).toEqual(['true false']);
  for (const acting of [operator!, admin!]) expect([...(await modes(acting))]).toEqual(['false true']);
  const refused = await operator!.call('PUT', `${BOARD}/api/queues/book/empty`);
  expect(refused.status).toBe(403);
  expect(refused.body).toMatchObject({ error: 'Not allowed', message: 'This needs the role admin.' });
  // Elsewhere a problem has no such members.
  expect((await viewer!.call('POST', '/api/ops/fuse/blow')).body).not.toHaveProperty('error');
});

test('an operator pauses and resumes, and the audit log says who; emptying is for admins', async () => {
  expect((await operator!.call('PUT', `${BOARD}/api/queues/notify/pause`)).status).toBe(200);
  expect(await harness.web.publisher.queues.notify.isPaused()).toBe(true);
  expect((await operator!.call('PUT', `${BOARD}/api/queues/notify/resume`)).status).toBe(200);
  expect(await harness.web.publisher.queues.notify.isPaused()).toBe(false);
  expect((await operator!.call('PUT', `${BOARD}/api/queues/notify/obliterate`)).status).toBe(403);
  expect((await admin!.call('PUT', `${BOARD}/api/queues/cleanup/empty`)).status).toBe(200);
  const own = (await audits()).filter((row) => row.actor === 'operator');
  expect(own).toEqual([
    { actor: 'operator', action: 'PUT empty', allowed: false },
    { actor: 'operator', action: 'PUT pause', allowed: true },
    { actor: 'operator', action: 'PUT resume', allowed: true },
    { actor: 'operator', action: 'PUT obliterate', allowed: false },
  ]);
});

test('a retried book job of a finished trip does nothing', async () => {
  const before =
    callsTo(harness.sandbox, 'duffel.orders.create') +
    callsTo(harness.sandbox, 'stripe.payment_intents.create');
  const { book } = harness.web.publisher.queues;
  const first = await book.getJob(jobId);
  expect(await first?.getState()).toBe('completed');
  expect((await operator!.call('PUT', `${BOARD}/api/queues/book/${jobId}/retry`)).status).toBe(204);
  const again = await until('the second run', async () => {
    const job = await book.getJob(jobId);
    return (
      (await job?.getState()) === 'completed' && (job?.finishedOn ?? 0) > (first?.finishedOn ?? 0) && job
    );
  });
  expect(again.returnvalue).toEqual({ skipped: 'over, or claimed by another worker' });
  expect(
    callsTo(harness.sandbox, 'duffel.orders.create') +
      callsTo(harness.sandbox, 'stripe.payment_intents.create'),
  ).toBe(before);
});
