import { afterAll, beforeAll, expect, test } from 'vitest';
import { READ_EVERY_MS } from '../../src/telemetry/metrics.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const METRICS_TOKEN = 'whoever-scrapes-sends-this';

let harness: Harness;
let user: Client;
let paths: [path: string, methods: string[]][];
let owned: Record<string, string>;
beforeAll(async () => {
  harness = await createHarness({ queues: [], env: { METRICS_TOKEN } });
  user = await harness.user();
  const request = await user.tripRequest();
  const { id } = await user.made('/api/trips', request);
  owned = {
    trips: id,
    travelers: String(request.travelerIds[0]),
    'payment-methods': request.paymentMethodId,
  };
  const { body } = await user.call('GET', '/openapi.json');
  paths = [
    ...Object.entries(body.paths as Record<string, object>).map(([path, item]): [string, string[]] => [
      path,
      Object.keys(item).map((method) => method.toUpperCase()),
    ]),
    ...[
      '/',
      '/healthz',
      '/readyz',
      '/metrics',
      '/docs',
      '/openapi.json',
      '/docs/assets/swagger-ui.css',
      '/trips/{id}',
    ].map((path): [string, string[]] => [path, ['GET']]),
    ['/api/webhooks/stripe', ['POST']],
    ['/api/webhooks/duffel', ['POST']],
    ['/admin/session', ['GET', 'POST']],
    ['/admin/session/end', ['POST']],
  ];
});
afterAll(() => harness.stop());

const filled = (path: string): string =>
  path.replace('{id}', owned[path.split('/')[2] ?? ''] ?? crypto.randomUUID());

const allowOf = (headers: Headers): string[] => (headers.get('allow') ?? '').split(', ').toSorted();

test('OPTIONS names the methods of every path, and every other method is 405 that names them', async () => {
  expect(paths.length).toBeGreaterThan(30);
  for (const [path, methods] of paths) {
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();
    const options = await fetch(harness.url + filled(path), { method: 'OPTIONS' });
    expect([path, options.status, allowOf(options.headers)]).toEqual([path, 204, allowed]);
    for (const method of METHODS.filter((one) => !methods.includes(one))) {
      const headers = { authorization: `Bearer ${user.token}` };
      const reply = await fetch(harness.url + filled(path), { method, headers });
      expect([method, path, reply.status, allowOf(reply.headers)]).toEqual([method, path, 405, allowed]);
      expect(reply.headers.get('content-type')).toMatch(/problem\+json/);
    }
  }
});

test('HEAD is answered as GET is, without a body, on every path that has GET', async () => {
  for (const [path] of paths.filter(([, methods]) => methods.includes('GET'))) {
    const ask = async (method: string) => {
      const leave = new AbortController();
      const reply = await fetch(harness.url + filled(path), {
        method,
        headers: { authorization: `Bearer ${user.token}` },
        signal: leave.signal,
      });
      const { status, headers } = reply;
      const body = method === 'HEAD' ? await reply.text() : '';
      // A stream of events never ends by itself.
      leave.abort();
      return { path, status, type: headers.get('content-type'), cache: headers.get('cache-control'), body };
    };
    expect(await ask('HEAD')).toEqual(await ask('GET'));
  }
});

test('no answer about a person or a moment may be kept by a cache', async () => {
  for (const [path, methods] of paths.filter(([path]) =>
    /^\/(api|admin|trips|healthz|readyz|metrics)/.test(path),
  ))
    for (const [method, token] of methods.flatMap(
      (one) =>
        [
          [one, user.token],
          [one, null],
        ] as const,
    )) {
      const leave = new AbortController();
      const { headers } = await fetch(harness.url + filled(path), {
        method,
        headers: { ...(token && { authorization: `Bearer ${token}` }) },
        signal: leave.signal,
      });
      leave.abort();
      expect([method, path, headers.get('cache-control')]).toEqual([method, path, 'no-store']);
    }
});

test('a path that does not exist is 404 whatever the method', async () => {
  for (const method of [...METHODS, 'HEAD', 'OPTIONS'])
    for (const path of ['/nothing', '/api/nothing'])
      expect((await fetch(harness.url + path, { method })).status).toBe(404);
});

test('400 scrapes at once read the gauges once in five seconds', async () => {
  let reads = 0;
  const startedAt = performance.now();
  harness.web.metrics.gauge('test_reads', 'Counts its own reads.', [], async () => {
    reads += 1;
    return [{ labels: {}, value: reads }];
  });
  const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
  const scrapes = await Promise.all(
    Array.from({ length: 400 }, async () => (await fetch(`${harness.url}/metrics`, { headers })).text()),
  );
  const most = 2 + Math.floor((performance.now() - startedAt) / READ_EVERY_MS);
  expect(new Set(scrapes.map((text) => /^test_reads (\d+)/m.exec(text)?.[1])).size).toBeLessThanOrEqual(most);
  expect(reads).toBeLessThanOrEqual(most);
});
