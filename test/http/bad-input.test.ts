import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA } from '../../scripts/support/ada.ts';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

let harness: Harness;
let user: Client;
let request: Record<string, unknown>;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  user = await harness.user('careless');
  request = await user.tripRequest();
});
afterAll(() => harness.stop());

const rows = async (): Promise<unknown> =>
  harness.database.query(
    'select (select count(*) from trip_requests) trips, (select count(*) from travelers) travelers, (select count(*) from outbox) jobs, (select count(*) from booking_audits) audits',
  );

const gbp = (amount: unknown) => ({ maxPrice: { amount, currency: 'GBP' } });

test.each<[name: string, change: Record<string, unknown>, field: string]>([
  ['an unknown airport', { origin: 'XQX' }, 'origin'],
  ['a lower-case airport', { origin: 'lhr' }, 'origin'],
  ['an airport that is an object key', { origin: 'constructor' }, 'origin'],
  ['a city that is no airport', { origin: 'NYC' }, 'origin'],
  ['the same airport twice', { destination: 'LHR' }, 'destination'],
  ['a past date', { departureDate: inDays(-2) }, 'departureDate'],
  ['a date that does not exist', { departureDate: '2027-02-30' }, 'departureDate'],
  ['a date too far ahead', { departureDate: inDays(400) }, 'departureDate'],
  ['a return before the departure', { returnDate: inDays(3) }, 'returnDate'],
  ['no passengers', { travelerIds: [] }, 'travelerIds'],
  ['ten passengers', { travelerIds: Array.from({ length: 10 }, () => crypto.randomUUID()) }, 'travelerIds'],
  ['an unknown passenger', { travelerIds: [crypto.randomUUID()] }, 'travelerIds.0'],
  ['a passenger that is no id', { travelerIds: ['1; drop table travelers'] }, 'travelerIds.0'],
  ['negative money', gbp('-5.00'), 'maxPrice.amount'],
  ['no money', gbp('0.00'), 'maxPrice.amount'],
  ['three decimals of a penny', gbp('420.001'), 'maxPrice.amount'],
  ['money as a number', gbp(420), 'maxPrice.amount'],
  ['money in exponents', gbp('4e2'), 'maxPrice.amount'],
  ['a currency that is none', { maxPrice: { amount: '420.00', currency: 'XQZ' } }, 'maxPrice.currency'],
  ['decimals of a yen', { maxPrice: { amount: '420.50', currency: 'JPY' } }, 'maxPrice.amount'],
  ['autoBook without consent', { consent: undefined }, 'consent'],
  ['autoBook with consent refused', { consent: { accepted: false } }, 'consent'],
  ['autoBook without a card', { paymentMethodId: undefined }, 'paymentMethodId'],
  ['a card that is nobody’s', { paymentMethodId: crypto.randomUUID() }, 'paymentMethodId'],
  ['a cabin that is none', { cabin: 'cargo' }, 'cabin'],
  ['a field nobody knows', { price: 1 }, 'price'],
  ['a time that is none', { criteria: { departAfter: '25:00' } }, 'criteria.departAfter'],
  [
    'a duration that no flight can meet',
    { criteria: { maxDurationMinutes: 60 } },
    'criteria.maxDurationMinutes',
  ],
  ['a NUL character', { consent: 'yes\u0000' }, 'consent'],
  ['a NUL in a key', { consent: { terms: { '\u0000': 1 } } }, 'consent.terms'],
  ['half a surrogate pair', { consent: { terms: ['\ud800'] } }, 'consent.terms.0'],
  ['a consent nested deep', { consent: JSON.parse('['.repeat(99) + ']'.repeat(99)) }, 'consent'],
])('a trip with %s: 422 that names the field, nothing written', async (_name, change, field) => {
  const before = await rows();
  const reply = await user.call('POST', '/api/trips', { ...request, ...change });
  expect(reply.status).toBe(422);
  expect(reply.headers.get('content-type')).toMatch(/problem\+json/);
  expect(reply.body).toMatchObject({
    status: 422,
    title: expect.any(String),
    instance: expect.stringContaining('urn:'),
  });
  expect(reply.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  expect(await rows()).toEqual(before);
});

test.each<[name: string, change: Record<string, unknown>, field: string]>([
  ['a name of 21 letters', { givenName: 'A'.repeat(21) }, 'givenName'],
  ['a name in Cyrillic', { familyName: 'Иванов' }, 'familyName'],
  ['a name with digits', { familyName: 'R2D2' }, 'familyName'],
  ['a name with a dot', { givenName: 'J.' }, 'givenName'],
  ['a ligature airlines can not print', { familyName: 'Kjær' }, 'familyName'],
  ['a number that nobody can have', { phone: '+1234567' }, 'phone'],
  ['an empty name', { givenName: ' ' }, 'givenName'],
  ['a local phone number', { phone: '020 8016 0509' }, 'phone'],
  ['an address that is none', { email: 'ada@' }, 'email'],
  ['a birthday in the future', { bornOn: inDays(2) }, 'bornOn'],
  ['a title airlines do not know', { title: 'queen' }, 'title'],
])('a traveller with %s: 422 that names the field, nothing written', async (_name, change, field) => {
  const before = await rows();
  const reply = await user.call('POST', '/api/travelers', { ...ADA, ...change });
  expect(reply.status).toBe(422);
  expect(reply.body.errors[0].field).toBe(field);
  expect(await rows()).toEqual(before);
});

test('a name with accents is taken', async () => {
  const names = { givenName: 'Zoë', familyName: "D'Ångström-Şen" };
  const { status, body } = await user.call('POST', '/api/travelers', { ...ADA, ...names });
  expect([status, body.familyName]).toEqual([201, names.familyName]);
});

test('minors alone, or two infants on one lap: 422, nothing written', async () => {
  const child = await user.traveler({ givenName: 'Byron', bornOn: inDays(-365 * 9) });
  const infants = await Promise.all(
    ['Anne', 'Ralph'].map((givenName) => user.traveler({ givenName, bornOn: inDays(-200) })),
  );
  const before = await rows();
  for (const travelerIds of [[child], [...(request.travelerIds as string[]), ...infants]]) {
    const reply = await user.call('POST', '/api/trips', { ...request, travelerIds });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'travelerIds']);
  }
  expect(await rows()).toEqual(before);
});

test('wishes that contradict each other: 422 that names both, when a trip is made and when it is changed', async () => {
  const watched = { ...request, autoBook: false, consent: undefined };
  const criteria = { departAfter: '20:00', departBefore: '08:00' };
  const both = ['criteria.departAfter', 'criteria.departBefore'];
  const fieldsOf = (errors: { field: string }[]) => errors.map(({ field }) => field);
  const made = await user.call('POST', '/api/trips', { ...watched, criteria });
  expect([made.status, fieldsOf(made.body.errors)]).toEqual([422, both]);
  const { id } = await user.made('/api/trips', { ...watched, criteria: { departAfter: '20:00' } });
  const before = await rows();
  const changed = await user.call('PATCH', `/api/trips/${id}`, { criteria });
  expect([changed.status, fieldsOf(changed.body.errors)]).toEqual([422, both]);
  expect(await rows()).toEqual(before);
});

test('malformed JSON is 400, a megabyte is 413, both as problems', async () => {
  const before = await rows();
  const broken = await user.call('POST', '/api/trips', '{"origin": "LHR"');
  expect([broken.status, broken.body.errors[0].field]).toEqual([400, 'body']);
  const large = await user.call('POST', '/api/trips', { ...request, consent: 'x'.repeat(1_000_000) });
  expect([large.status, large.body.errors[0].field]).toEqual([413, 'body']);
  const array = await user.call('POST', '/api/trips', []);
  expect(array.status).toBe(422);
  expect(await rows()).toEqual(before);
});

test.each([
  ['GET', '/api/trips?limit=0'],
  ['GET', '/api/trips?limit=101'],
  ['GET', '/api/trips?limit=ten'],
  ['GET', '/api/trips?cursor=nonsense'],
  ['GET', `/api/trips?cursor=${Buffer.from('{"at":"2026-99-99 00","id":"x"}').toString('base64url')}`],
  ...[
    '2026-02-30 12:00:00+00',
    '2026-01-01 25:00:00+00',
    '0000-01-01 00:00:00+00',
    '2026-01-01 00:00:00+99',
  ].map((at): [string, string] => [
    'GET',
    `/api/travelers?cursor=${Buffer.from(JSON.stringify({ at, id: crypto.randomUUID() })).toString('base64url')}`,
  ]),
])('%s %s is 422', async (method, path) => {
  expect((await user.call(method, path)).status).toBe(422);
});

test.each(['/api/trips/not-an-id', `/api/trips/${crypto.randomUUID()}`, '/api/nothing', '/nothing'])(
  'GET %s is 404 as a problem',
  async (path) => {
    const reply = await user.call('GET', path);
    expect([reply.status, reply.body.status]).toEqual([404, 404]);
  },
);

test('an Idempotency-Key that is unusable is refused', async () => {
  expect(
    (await user.call('POST', '/api/trips', request, { 'idempotency-key': 'k'.repeat(256) })).status,
  ).toBe(422);
});

test('a correlation id is taken if harmless, else made anew; it can not carry a header or a log line', async () => {
  const given = await user.call('GET', '/api/trips', undefined, { 'x-correlation-id': 'my-id.42' });
  expect(given.headers.get('x-correlation-id')).toBe('my-id.42');
  for (const evil of ['a b', '%0d%0aset-cookie: x=1', '"}\t{"level":60', 'x'.repeat(65), '<script>']) {
    const reply = await user.call('GET', '/api/trips', undefined, { 'x-correlation-id': evil });
    expect(reply.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers.get('set-cookie')).toBeNull();
  }
});

test('lists page by cursor without a gap or a repeat', async () => {
  const lister = await harness.user();
  const body = await lister.tripRequest({ autoBook: false, consent: undefined, allowDuplicate: true });
  const made = await Promise.all(Array.from({ length: 7 }, () => lister.made('/api/trips', body)));
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body: page } = await lister.call('GET', `/api/trips?limit=3${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.data.map((trip: { id: string }) => trip.id));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  expect(seen.toSorted()).toEqual(made.map((trip) => trip.id).toSorted());
});

test('a user who asks too much is told to wait', async () => {
  const limited = await createHarness({ queues: [], env: { RATE_LIMIT: '5' } });
  try {
    const eager = await limited.user();
    const replies = await Promise.all(Array.from({ length: 8 }, () => eager.call('GET', '/api/trips')));
    const refused = replies.filter((reply) => reply.status === 429);
    expect(refused).toHaveLength(3);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await (await limited.user()).call('GET', '/api/trips')).status).toBe(200);
    // Ten users' worth for an address that names no user; nine of them are spent.
    const unnamed = await Promise.all(Array.from({ length: 50 }, () => fetch(`${limited.url}/api/trips`)));
    const statuses = unnamed.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(50 - 9);
    expect(statuses.filter((status) => status === 429)).toHaveLength(9);
  } finally {
    await limited.stop();
  }
});

test('the OpenAPI document is 3.1 and describes what routes take and answer', async () => {
  const { body } = await user.call('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(body.paths['/api/trips'].post.requestBody.content['application/json'].schema.$ref).toBe(
    '#/components/schemas/TripInput',
  );
  expect(body.components.schemas.Trip.properties.status.enum).toContain('BOOKED');
  const needsBody = (path: string) => body.paths[path].post.requestBody.required;
  expect(needsBody('/api/trips')).toBe(true);
  expect(needsBody('/api/bookings/{id}/cancel')).toBe(false);
});
