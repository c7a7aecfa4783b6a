import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headerText, inPath } from '../support/arbitrary-http.ts';
import { asText, hostileString } from '../support/arbitrary-json.ts';
import { type Attacker, startAttacker } from '../support/attacker.ts';

/** Nothing that a client can send is answered with 5xx: headers, methods, paths, claims and tokens of any kind. */

let attacker: Attacker;
beforeAll(async () => {
  attacker = await startAttacker();
});
afterAll(() => attacker.stop());

const HEADERS = [
  'accept',
  'accept-encoding',
  'authorization',
  'content-encoding',
  'content-type',
  'cookie',
  'if-none-match',
  'if-modified-since',
  'idempotency-key',
  'last-event-id',
  'origin',
  'range',
  'sec-fetch-site',
  'stripe-signature',
  'x-correlation-id',
  'x-duffel-signature',
  'x-forwarded-for',
  'x-forwarded-proto',
];
const PATHS = () => [
  '/',
  '/healthz',
  '/docs',
  '/docs/assets/swagger-ui.css',
  '/openapi.json',
  '/admin/queues',
  '/admin/queues/api/queues',
  '/admin/session',
  '/api/trips',
  '/api/travelers',
  '/api/webhooks/stripe',
  '/api/webhooks/duffel',
  `/trips/${attacker.known[0]}`,
  `/api/trips/${attacker.known[0]}`,
  `/api/trips/${attacker.known[0]}/events`,
  `/api/trips/${attacker.known[1]}/timeline`,
];
const headerValue = fc.oneof(
  headerText,
  fc.constantFrom(
    '-1',
    '1e30',
    '9999999999999999999999',
    '0.5',
    'NaN',
    'gzip',
    'br',
    'identity, gzip',
    'text/html',
    '*/*;q=x',
    'application/json',
    'application/json; charset=none',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=',
    'bytes=9-1',
    'bytes=0-9999999999999999999',
    'not an address, ::1',
    '2001:db8::1%25eth0',
    't=1,v1=00',
    't=99999999999999999999,v1=zz',
    'parker_ops=%00; parker_ops',
    'null',
  ),
);

test('any header on any path and method is answered with less than 500', async () => {
  const sent = fc
    .tuple(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      fc.constantFrom(...PATHS()),
      fc.dictionary(fc.constantFrom(...HEADERS), headerValue, { minKeys: 1, maxKeys: 4 }),
      fc.constantFrom('none', 'traveller', 'ops'),
      fc.oneof(fc.constant(undefined), hostileString, fc.jsonValue().map(asText)),
    )
    .map(([method, path, headers, as, body]) => ({
      method,
      path,
      headers: {
        ...(as !== 'none' && { authorization: `Bearer ${attacker.tokens[as as 'ops']}` }),
        ...headers,
      },
      // A body with GET or HEAD is sent as well: servers must cope.
      body,
    }));
  await fc.assert(
    fc.asyncProperty(sent, async (one) => {
      await attacker.answered(one);
    }),
    { numRuns: 600 },
  );
}, 180_000);

test('any path that can be written in a request line is answered with less than 500', async () => {
  const segment = fc.oneof(
    hostileString.map(inPath),
    fc.constantFrom(
      '%',
      '%zz',
      '%c0%ae',
      '%2e%2e',
      '..',
      '.',
      '%00',
      'api',
      'trips',
      'admin',
      'queues',
      'book',
      'docs',
    ),
    fc.constantFrom(...attacker.known),
  );
  const path = fc
    .tuple(
      fc.constantFrom(
        '/',
        '/api/',
        '/api/trips/',
        '/trips/',
        '/docs/assets/',
        '/admin/',
        '/admin/queues/api/queues/',
      ),
      fc.array(segment, { maxLength: 4 }),
      fc.option(fc.stringMatching(/^[!-"$-~]{0,40}$/)),
    )
    .map(([start, segments, query]) => `${start}${segments.join('/')}${query === null ? '' : `?${query}`}`);
  await fc.assert(
    fc.asyncProperty(path, fc.constantFrom('GET', 'HEAD', 'PUT'), async (one, method) => {
      await attacker.answered({
        method,
        path: one,
        headers: { authorization: `Bearer ${attacker.tokens.ops}` },
      });
    }),
    { numRuns: 400 },
  );
}, 120_000);

test('any claim in a token is taken or refused; none is an error of ours', async () => {
  const claims = fc.record(
    {
      sub: fc.oneof(hostileString, fc.jsonValue()),
      email: fc.oneof(fc.emailAddress(), hostileString, fc.jsonValue()),
      roles: fc.oneof(fc.array(fc.constantFrom('viewer', 'admin', 'x')), hostileString, fc.jsonValue()),
      exp: fc.oneof(fc.constantFrom(4_000_000_000, 1e300, -1, 0), fc.jsonValue()),
      nbf: fc.oneof(fc.constantFrom(0, 1e300), fc.jsonValue()),
      aud: fc.oneof(fc.constant(['parker', 'x']), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const header = fc.record(
    { kid: fc.string({ maxLength: 20 }), typ: hostileString, x5u: hostileString, jku: fc.webUrl() },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(claims, header, async (one, protectedHeader) => {
      const token = await attacker.issuer.token(one, protectedHeader);
      for (const [method, path] of [
        ['GET', '/api/trips'],
        ['POST', '/api/payment-methods/setup'],
      ] as const)
        await attacker.answered({ method, path, headers: { authorization: `Bearer ${token}` } });
    }),
    { numRuns: 200 },
  );
}, 120_000);

test('any text in the place of a token is 401', async () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64url');
  const [head, payload, signature] = attacker.tokens.traveller.split('.') as [string, string, string];
  const part = fc.oneof(
    fc.constantFrom(
      head,
      payload,
      signature,
      '',
      '.',
      '=',
      'e30',
      base64('null'),
      base64('[]'),
      base64('{"alg":"none"}'),
    ),
    // Longer ones are refused by Node itself, with 431.
    hostileString.map((text) => base64(text.slice(0, 400))),
    fc
      .record(
        {
          alg: fc.oneof(fc.constantFrom('ES256', 'none', 'HS256'), fc.jsonValue()),
          kid: fc.jsonValue(),
          crit: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((one) => base64(JSON.stringify(one))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
      const token = parts.join('.');
      fc.pre(token !== attacker.tokens.traveller);
      const status = await attacker.answered({
        method: 'GET',
        path: '/api/trips',
        headers: { authorization: `Bearer ${token}` },
      });
      expect(status).toBe(401);
    }),
    { numRuns: 300 },
  );
}, 120_000);
