import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TRIP_SORTS, TRIP_STATUSES } from '../../src/domain/trip.ts';
import { type Client, inDays, type Reply, type TripBody } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

interface Listed extends TripBody {
  origin: string;
  destination: string;
  departureDate: string;
  createdAt: string;
}

let harness: Harness;
let user: Client;
let request: Record<string, unknown>;
let all: Listed[];

const list = async (query: string): Promise<Listed[]> =>
  (await user.call('GET', `/api/trips?${query}`)).body.data;

beforeAll(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  user = await harness.user();
  const booked = await user.trip();
  await user.reaches(booked.id, 'BOOKED');
  await harness.stopWorkers();
  request = await user.tripRequest({ autoBook: false, consent: undefined, allowDuplicate: true });
  for (const [destination, days] of [
    ['JFK', 30],
    ['CDG', 30],
    ['JFK', 90],
    ['MAD', 20],
    ['CDG', 200],
    ['JFK', 30],
  ] as const)
    await user.made('/api/trips', { ...request, destination, departureDate: inDays(days) });
  const [last] = await list('limit=1');
  await user.call('POST', `/api/trips/${last?.id}/cancel`);
  all = await list('limit=100');
});
afterAll(() => harness.stop());

const someOf = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

/** The same as the API's filter and order, on what it listed whole. */
function expected(query: {
  sort: string;
  statuses?: string[];
  destination?: string;
  from?: string;
  to?: string;
}) {
  const field = query.sort.replace('-', '') as 'createdAt' | 'departureDate';
  const sign = query.sort.startsWith('-') ? -1 : 1;
  return all
    .filter(({ status }) => query.statuses?.includes(status) ?? true)
    .filter(({ destination }) => destination === (query.destination ?? destination))
    .filter(({ departureDate }) => departureDate >= (query.from ?? '') && departureDate <= (query.to ?? '9'))
    .toSorted((a, b) => sign * (a[field].localeCompare(b[field]) || a.id.localeCompare(b.id)))
    .map(({ id }) => id);
}

test('any filter in any order: pages hold each matching trip once, in order', async () => {
  const given = fc.record(
    {
      sort: fc.constantFrom(...TRIP_SORTS),
      limit: fc.integer({ min: 1, max: 4 }),
      statuses: someOf(TRIP_STATUSES),
      destination: fc.constantFrom('JFK', 'CDG', 'MAD'),
      from: fc.constantFrom(inDays(25), inDays(30), inDays(60)),
      to: fc.constantFrom(inDays(30), inDays(90), inDays(200)),
    },
    { requiredKeys: ['sort', 'limit'] },
  );
  await fc.assert(
    fc.asyncProperty(given, async (query) => {
      const search = new URLSearchParams({ sort: query.sort, limit: String(query.limit) });
      for (const status of query.statuses ?? []) search.append('status', status);
      if (query.destination) search.set('destination', query.destination);
      if (query.from) search.set('departureFrom', query.from);
      if (query.to) search.set('departureTo', query.to);
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Reply<{ data: Listed[]; nextCursor: string | null }> = await user.call(
          'GET',
          `/api/trips?${search}${cursor && `&cursor=${cursor}`}`,
        );
        seen.push(...page.body.data.map(({ id }) => id));
        cursor = page.body.nextCursor;
      }
      expect(seen).toEqual(expected(query));
    }),
    { numRuns: 40 },
  );
});

test('statuses may stand with commas between; a listed trip that is booked has its booking', async () => {
  const found = await list('status=BOOKED,CANCELLED&sort=createdAt');
  expect(found.map(({ status }) => status)).toEqual(['BOOKED', 'CANCELLED']);
  const { body } = await user.call('GET', `/api/trips/${found[0]?.id}`);
  expect(found[0]?.booking).toEqual(body.booking);
  expect(found[1]).not.toHaveProperty('booking');
});

test('a cursor of another order, an unknown status or order: 422 that names the parameter', async () => {
  const { body } = await user.call('GET', '/api/trips?limit=2&sort=departureDate');
  for (const [query, field] of [
    [`sort=createdAt&cursor=${body.nextCursor}`, 'cursor'],
    [`cursor=${body.nextCursor}`, 'cursor'],
    [
      `sort=departureDate&cursor=${Buffer.from(JSON.stringify({ at: '2031-02-30', id: crypto.randomUUID(), sort: 'departureDate' })).toString('base64url')}`,
      'cursor',
    ],
    ['sort=price', 'sort'],
    ['status=LOST', 'status.0'],
    ['departureFrom=soon', 'departureFrom'],
  ]) {
    const reply = await user.call('GET', `/api/trips?${query}`);
    expect([query, reply.status, reply.body.errors[0].field]).toEqual([query, 422, field]);
  }
});

test('a cursor of the version before still pages, newest first', async () => {
  const [first] = await harness.database.query<{ at: string; id: string }>(
    'select created_at::text as at, id from trip_requests order by created_at desc, id desc limit 1',
  );
  const old = Buffer.from(JSON.stringify(first)).toString('base64url');
  expect((await list(`cursor=${old}&limit=100`)).map(({ id }) => id)).toEqual(
    expected({ sort: '-createdAt' }).slice(1),
  );
});

const change = (id: string, body: unknown, headers = {}) =>
  user.call('PATCH', `/api/trips/${id}`, body, headers);
const watched = () =>
  user.made<Listed>('/api/trips', {
    ...request,
    departureDate: inDays(120),
    criteria: { maxStops: 1, departAfter: '08:00', airlines: ['BA'] },
  });

test('new dates have the trip searched anew for them: no price of the old ones stays, and it is watched until the new day ends', async () => {
  const { id } = await watched();
  await harness.database.query(
    `update trip_requests set best_price_minor = 1, best_price_currency = 'GBP', notified_fare = '{"version": 1}' where id = $1`,
    [id],
  );
  const read = async () => {
    const [row] = await harness.database.query<Record<string, unknown>>(
      `select search_key, watch_until, notified_fare, search_params ->> 'departureDate' as searched, next_check_at <= now() as due,
         (select count(*)::int from outbox where payload ->> 'tripId' = t.id::text) as jobs
       from trip_requests t where id = $1`,
      [id],
    );
    return row;
  };
  const before = await read();
  const { status, body } = await change(id, { departureDate: inDays(130), returnDate: inDays(140) });
  expect([status, body.departureDate, body.returnDate, body.bestPrice]).toEqual([
    200,
    inDays(130),
    inDays(140),
    null,
  ]);
  const after = await read();
  expect(after?.search_key).not.toBe(before?.search_key);
  expect(after).toMatchObject({ searched: inDays(130), notified_fare: null, due: true });
  expect(Number(after?.watch_until) - Number(before?.watch_until)).toBe(10 * 86_400_000);
  expect((await change(id, { returnDate: null })).body.returnDate).toBeNull();
});

test.each([
  ['a past date', { departureDate: inDays(-3) }, 'departureDate'],
  ['a return before the departure', { returnDate: inDays(2) }, 'returnDate'],
  ['a date too far ahead', { departureDate: inDays(400) }, 'departureDate'],
  ['a stranger’s traveller', { travelerIds: [crypto.randomUUID()] }, 'travelerIds.0'],
  ['a criterion that is none', { criteria: { maxStops: 9 } }, 'criteria.maxStops'],
])('a change to %s is refused as at creation, and nothing changes', async (_name, body, field) => {
  const { id } = await watched();
  const before = await user.read(id);
  const reply = await change(id, body);
  expect([reply.status, reply.body.errors[0].field]).toEqual([422, field]);
  expect(await user.read(id)).toEqual(before);
});

test('criteria are merged: what is absent stays, null removes, and so does null for all', async () => {
  const { id } = await watched();
  const type = { 'content-type': 'application/merge-patch+json' };
  const criteria = async (patch: unknown) => (await change(id, { criteria: patch }, type)).body.criteria;
  expect(await criteria({ departAfter: null, bags: 1 })).toEqual({ maxStops: 1, airlines: ['BA'], bags: 1 });
  expect(await criteria({})).toEqual({ maxStops: 1, airlines: ['BA'], bags: 1 });
  expect(await criteria({ maxStops: 0 })).toEqual({ maxStops: 0, airlines: ['BA'], bags: 1 });
  expect(await criteria(null)).toEqual({});
});
