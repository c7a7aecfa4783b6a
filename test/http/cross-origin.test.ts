import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createHarness, type Harness } from '../support/harness.ts';

const APP = 'http://localhost:5173';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({
    queues: [],
    env: { CORS_ORIGINS: `${APP}, https://app.example`, RATE_LIMIT: '2' },
  });
});
afterAll(() => harness.stop());

const preflight = (origin: string, method: string) =>
  fetch(`${harness.url}/api/trips`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });

test('a page of a listed origin may send what the API takes, and read why it was refused', async () => {
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
    const { status, headers } = await preflight(APP, method);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, APP]);
    expect(headers.get('access-control-allow-methods')).toContain(method);
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type,idempotency-key');
  }
  const user = await harness.user();
  const replies = [];
  for (let round = 0; round < 3; round += 1)
    replies.push(await user.call('GET', '/api/trips', undefined, { origin: APP }));
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
  for (const { headers } of replies) {
    expect(headers.get('access-control-allow-origin')).toBe(APP);
    expect(headers.get('access-control-expose-headers')).toMatch(/X-Correlation-Id.*Retry-After/);
  }
});

test('another origin gets no leave, and a plain OPTIONS still names the methods', async () => {
  for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`])
    expect((await preflight(origin, 'GET')).headers.get('access-control-allow-origin')).toBeNull();
  const { headers } = await fetch(`${harness.url}/api/trips`, {
    method: 'OPTIONS',
    headers: { origin: APP },
  });
  expect(headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
});

test.each(['https://app.example/', '*', 'app.example'])('CORS_ORIGINS=%s ends the boot', (value) => {
  expect(() => loadConfig({ ...harness.env, CORS_ORIGINS: value })).toThrow(/CORS_ORIGINS/);
});
