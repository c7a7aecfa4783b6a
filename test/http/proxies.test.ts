import { afterEach, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

/** A route without a user, asked by a client whose address the proxies in front report. */
const ask = async (forwarded: string): Promise<number> =>
  (await fetch(`${harness.url}/docs`, { headers: { 'x-forwarded-for': forwarded } })).status;
/** An address may send as much as ten users. */
const LIMIT = 10;

test('behind one proxy each client has a limit of its own, and can not choose its address', async () => {
  harness = await createHarness({ queues: [], env: { TRUST_PROXY: '1', RATE_LIMIT: '1' } });
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await ask('192.0.2.1')).toBe(200);
  expect(await ask('192.0.2.1')).toBe(429);
  expect(await ask('192.0.2.2')).toBe(200);
  // What the client itself wrote stands before what the proxy added.
  expect(await ask('198.51.100.9, 192.0.2.1')).toBe(429);
});

test('without a proxy what a client says of its address is not believed', async () => {
  harness = await createHarness({ queues: [], env: { TRUST_PROXY: '0', RATE_LIMIT: '1' } });
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await ask(`192.0.2.${sent}`)).toBe(200);
  expect(await ask('192.0.2.200')).toBe(429);
});

test('/metrics is not there by default, and wants its token where it is', async () => {
  harness = await createHarness({ queues: [] });
  expect((await fetch(`${harness.url}/metrics`)).status).toBe(404);
  await harness.stop();
  const METRICS_TOKEN = 'a-token-of-prometheus';
  harness = await createHarness({ queues: [], env: { METRICS_TOKEN } });
  const read = (token?: string) =>
    fetch(`${harness.url}/metrics`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  expect((await read()).status).toBe(401);
  expect((await read('a-token-of-someone')).status).toBe(401);
  const reply = await read(METRICS_TOKEN);
  expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('parker_queue_jobs')]);
});
