import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA } from '../../scripts/support/ada.ts';
import { PROBLEM_CODES, PROBLEM_TYPES } from '../../src/http/problem-types.ts';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { until } from '../support/until.ts';

let harness: Harness;
let user: Client;
let request: Awaited<ReturnType<Client['tripRequest']>>;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  user = await harness.user();
  request = await user.tripRequest();
});
afterAll(() => harness.stop());

/** One request for each status that a traveller can meet; the client holds each answer to the document. */
const REFUSED: Record<string, () => Promise<{ status: number; body: { type: string; code: string } }>> = {
  unreadable_request: () => user.call('POST', '/api/trips', '{"origin":'),
  not_found: () => user.call('GET', `/api/trips/${crypto.randomUUID()}`),
  method_not_allowed: () => user.call('PUT', '/api/trips'),
  forbidden: () => user.call('GET', '/api/ops/fuse'),
  too_large: () => user.call('POST', '/api/trips', { ...request, consent: 'x'.repeat(200_000) }),
  unsupported_media_type: () =>
    user.call('POST', '/api/travelers', new URLSearchParams(ADA).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    }),
  invalid_request: () => user.call('POST', '/api/trips', { ...request, departureDate: inDays(-3) }),
  idempotency_key_reused: async () => {
    await user.call('POST', '/api/travelers', ADA, { 'idempotency-key': 'one' });
    return user.call('POST', '/api/travelers', { ...ADA, givenName: 'Anne' }, { 'idempotency-key': 'one' });
  },
  conflict: async () => {
    await user.trip({ autoBook: false, consent: undefined, travelerIds: request.travelerIds });
    return user.call('DELETE', `/api/travelers/${request.travelerIds[0]}`);
  },
  unauthenticated: async () => {
    const response = await fetch(`${harness.url}/api/trips`);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    return { status: response.status, body: (await response.json()) as { type: string; code: string } };
  },
};

test.each(Object.entries(REFUSED))(
  '%s: its status, its code, and a page at its type',
  async (code, refuse) => {
    const { status, body } = await refuse();
    expect([status, body.code, body.type]).toEqual([
      PROBLEM_TYPES[code as keyof typeof PROBLEM_TYPES].status,
      code,
      `${harness.url}/problems/${code}`,
    ]);
    const page = await fetch(body.type);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain(PROBLEM_TYPES[code as keyof typeof PROBLEM_TYPES].title);
  },
);

test('every type of problem has a page, and the list names each; an unknown one is 404', async () => {
  const list = await (await fetch(`${harness.url}/problems`)).text();
  for (const code of PROBLEM_CODES) {
    expect(list).toContain(`/problems/${code}`);
    expect((await fetch(`${harness.url}/problems/${code}`)).status).toBe(200);
  }
  expect((await fetch(`${harness.url}/problems/nonsense`)).status).toBe(404);
});

test.each([
  ['origin', undefined, 'required'],
  ['cabin', 'cargo', 'invalid_value'],
  ['origin', 'XQX', 'unknown_place'],
  ['destination', 'LHR', 'same_place'],
  ['departureDate', inDays(-2), 'in_the_past'],
  ['departureDate', inDays(400), 'too_far_ahead'],
  ['departureDate', '2027-02-30', 'invalid_format'],
  ['returnDate', inDays(3), 'before_departure'],
  ['travelerIds', [], 'too_small'],
  ['maxPrice', { amount: '1.00', currency: 'XQZ' }, 'unknown_currency'],
  ['consent', undefined, 'required'],
  ['paymentMethodId', crypto.randomUUID(), 'not_yours'],
  ['colour', 'blue', 'unknown_field'],
])('a trip whose %s is %j: the field has the code %s', async (field, value, code) => {
  const { body } = await user.call('POST', '/api/trips', { ...request, [field]: value });
  const named = body.errors.find((one: { field: string }) => one.field.split('.')[0] === field);
  expect(named?.code).toBe(code);
});

test('a query parameter that a route does not know is refused and named, on every route that reads', async () => {
  const { body: document } = await user.call('GET', '/openapi.json');
  const operator = await harness.user('operator', { roles: ['operator'] });
  const reads = Object.entries(document.paths as Record<string, object>).filter(([, item]) => 'get' in item);
  expect(reads.length).toBeGreaterThan(10);
  for (const [path] of reads) {
    const { status, body } = await operator.call(
      'GET',
      `${path.replaceAll(/\{\w+\}/g, () => crypto.randomUUID())}?limti=5`,
    );
    expect([path, status, body.errors]).toEqual([
      path,
      422,
      [{ field: 'limti', code: 'unknown_field', message: expect.any(String) }],
    ]);
  }
});

test('stopped bookings are 503 with the time to wait', async () => {
  harness.sandbox.launchDarkly.set('auto_booking_pipeline_enabled', false);
  const { status, body, headers } = await until('the switch to be seen', async () => {
    const reply = await user.call('POST', '/api/trips', { ...request, departureDate: inDays(300) });
    return reply.status === 503 && reply;
  });
  expect([status, body.code]).toEqual([503, 'bookings_stopped']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});
