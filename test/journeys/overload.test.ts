import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, type Reply } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { type AppProcess, startRole } from '../support/processes.ts';
import { until } from '../support/until.ts';

/* A web process as in production, with more asked of it than it can answer. */
const METRICS_TOKEN = 'the-token-of-the-metrics';
let harness: Harness;
let web: AppProcess;
let url: string;
let metrics: () => Promise<Record<string, number>>;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  const { REQUESTS_AT_ONCE: _, ...env } = harness.env;
  web = await startRole('web', { ...env, PORT: '0', METRICS_TOKEN });
  url = `http://127.0.0.1:${/"port":(\d+)/.exec(web.output())?.[1]}`;
  metrics = async () => {
    const reply = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    const lines = (await reply.text()).split('\n').map((line) => line.split(' '));
    return Object.fromEntries(lines.map(([name, value]) => [name, Number(value)]));
  };
});
afterAll(async () => {
  web.child.kill('SIGKILL');
  await web.gone;
  await harness.stop();
});

/** A user of the harness, who asks the process instead. */
const at = ({ sub, token }: Client) => createClient(url, sub, token);
const statuses = (replies: readonly Reply[]) => [...new Set(replies.map(({ status }) => status))].toSorted();

test('of 500 requests at once some are refused with Retry-After, none fails, what is taken is done once, and then all is as before', async () => {
  const [greedy, reader, other] = [await harness.user(), await harness.user(), await harness.user()];
  const request = { ...(await greedy.tripRequest()), allowDuplicate: true };
  const own = await other.trip({ autoBook: false, consent: undefined });
  const burst = Promise.all(
    Array.from({ length: 500 }, (_, n) =>
      n % 2 ? at(greedy).call('POST', '/api/trips', request) : at(reader).call('GET', '/api/trips'),
    ),
  );
  let over = false;
  void burst.then(() => (over = true));
  const meanwhile: Reply[] = [];
  while (!over) {
    meanwhile.push(await at(other).call('GET', `/api/trips/${own.id}`));
    const [health, forged] = await Promise.all([
      fetch(`${url}/healthz`),
      fetch(`${url}/api/webhooks/stripe`, { method: 'POST', body: '{}' }),
    ]);
    expect([health.status, forged.status]).toEqual([200, 400]);
  }
  const replies = await burst;
  expect(statuses(replies)).toEqual([200, 202, 503]);
  const refused = replies.filter(({ status }) => status === 503);
  for (const { headers, body } of refused) {
    expect(headers.get('retry-after')).toMatch(/^[123]$/);
    expect(headers.get('content-type')).toMatch(/problem\+json/);
    expect(body.detail).toContain('Nothing was done');
  }
  // One user can't take what is another's.
  expect(statuses(meanwhile)).toEqual([200]);
  const taken = replies.flatMap(({ status, body }) => (status === 202 ? [body.id as string] : []));
  const stored = await harness.database.query<{ id: string; made: number; jobs: number }>(
    `select t.id, (select count(*)::int from booking_audits a where a.trip_id = t.id and a.type = 'trip.created') made
     from trip_requests t where t.user_id = $1 order by t.id`,
    [greedy.sub],
  );
  expect(stored.map(({ id }) => id)).toEqual(taken.toSorted());
  expect(stored.every(({ made }) => made === 1)).toBe(true);

  const after = await until('the limit to be what it was', async () => {
    const now = await metrics();
    return (
      now['parker_http_limit{cost="own"}'] === 64 && now['parker_http_in_flight{cost="own"}'] === 0 && now
    );
  });
  expect(after['parker_http_shed_total{cost="own"}']).toBe(refused.length);
  const calm = await Promise.all(Array.from({ length: 30 }, () => at(greedy).call('GET', '/api/trips')));
  expect(statuses(calm)).toEqual([200]);
});
