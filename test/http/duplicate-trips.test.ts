import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';

let harness: Harness;
let user: Client;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  user = await harness.user();
});
afterAll(() => harness.stop());

const AT_ONCE = 100;
const times = <T>(make: (index: number) => Promise<T>, count = AT_ONCE): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const post = (body: unknown, key?: string) =>
  user.call('POST', '/api/trips', body, key === undefined ? {} : { 'idempotency-key': key });
const tripsIn = async (): Promise<unknown> =>
  harness.database.query(
    'select (select count(*) from trip_requests) trips, (select count(*) from outbox) jobs, (select count(*) from booking_audits) audits',
  );

test('the same trip asked for twice: 409 that names the other and says how to insist, and nothing is written', async () => {
  const request = await user.tripRequest();
  const first = await post(request);
  const before = await tripsIn();
  const second = await post(request);
  expect(second.status).toBe(409);
  expect(second.headers.get('content-type')).toMatch(/problem\+json/);
  expect(second.body).toMatchObject({
    conflictingTripId: first.body.id,
    detail: expect.stringMatching(`${first.body.id}.*allowDuplicate: true`),
    errors: [{ field: 'travelerIds.0', message: expect.stringContaining(first.body.id) }],
  });
  expect(await tripsIn()).toEqual(before);
  expect((await post({ ...request, allowDuplicate: true })).status).toBe(202);
});

test('a trip that is over stands in nobody’s way; one that is booked does', async () => {
  const request = await user.tripRequest();
  const { id } = (await post(request)).body;
  const setStatus = (status: string) =>
    harness.database.query('update trip_requests set auto_book_status = $2 where id = $1', [id, status]);
  for (const status of ['BOOKING', 'BOOKED']) {
    await setStatus(status);
    expect([status, (await post(request)).status]).toEqual([status, 409]);
  }
  for (const status of ['FAILED', 'CANCELLED', 'EXPIRED']) {
    await setStatus(status);
    const reply = await post(request);
    expect([status, reply.status]).toEqual([status, 202]);
    await user.call('POST', `/api/trips/${reply.body.id}/cancel`);
  }
});

test('another traveller, other days or a way onward are no duplicate', async () => {
  const request = await user.tripRequest({ returnDate: inDays(67) });
  await user.made('/api/trips', request);
  for (const other of [
    { ...request, travelerIds: [await user.traveler()] },
    { ...request, departureDate: inDays(68), returnDate: inDays(70) },
    { ...request, origin: 'JFK', destination: 'BOS', departureDate: inDays(62), returnDate: inDays(64) },
  ])
    expect((await post(other)).status).toBe(202);
});

test('a hundred at once: one is taken, the others name it', async () => {
  const request = await user.tripRequest();
  const replies = await times(() => post(request));
  const taken = replies.filter(({ status }) => status === 202);
  expect(taken).toHaveLength(1);
  for (const { status, body } of replies)
    if (status !== 202) expect([status, body.conflictingTripId]).toEqual([409, taken[0]?.body.id]);
});

test('two travellers named in both orders at once: one trip, and no request waits for another for ever', async () => {
  const request = await user.tripRequest();
  const both = [...request.travelerIds, await user.traveler({ givenName: 'William' })];
  const replies = await times((index) =>
    post({ ...request, travelerIds: index % 2 ? both : both.toReversed() }),
  );
  expect(replies.map(({ status }) => status).sort()).toEqual([202, ...Array(AT_ONCE - 1).fill(409)]);
});

test('trips that are given the same traveller at once: one gets them', async () => {
  const shared = await user.traveler({ givenName: 'Shared' });
  const trips = await times(() => user.trip(), 20);
  const change = (id: string, more = {}) =>
    user.call('PATCH', `/api/trips/${id}`, { travelerIds: [shared], ...more });
  const replies = await Promise.all(trips.map(({ id }) => change(id)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
  const refused = replies.findIndex(({ status }) => status === 409);
  const owner = replies.find(({ status }) => status === 200);
  expect(replies[refused]?.body.conflictingTripId).toBe(owner?.body.id);
  expect((await change(trips[refused]?.id ?? '', { allowDuplicate: true })).status).toBe(200);
});

test('a duplicate that was insisted on can be changed without insisting again; a failed one is compared anew', async () => {
  const request = await user.tripRequest();
  await user.made('/api/trips', request);
  const { id } = await user.made('/api/trips', { ...request, allowDuplicate: true });
  const cheaper = { maxPrice: { amount: '399.00', currency: 'GBP' } };
  expect((await user.call('PATCH', `/api/trips/${id}`, cheaper)).status).toBe(200);
  expect((await user.call('PATCH', `/api/trips/${id}`, { allowDuplicate: true })).status).toBe(422);
  await harness.database.query(`update trip_requests set auto_book_status = 'FAILED' where id = $1`, [id]);
  expect((await user.call('PATCH', `/api/trips/${id}`, cheaper)).status).toBe(409);
  expect((await user.call('PATCH', `/api/trips/${id}`, { ...cheaper, allowDuplicate: true })).status).toBe(
    200,
  );
});

test('a request that is repeated with its key is answered as before, also when its first answer was lost', async () => {
  const request = await user.tripRequest();
  const first = await post(request, 'lost');
  expect([first.status, (await post(request, 'lost')).body.id]).toEqual([202, first.body.id]);
  // What a process that died between its commit and its answer leaves behind.
  await harness.database.query(
    `update idempotency_keys set status = null, response = null, created_at = now() - interval '1 minute'`,
  );
  await user.made('/api/trips', { ...request, allowDuplicate: true });
  const again = await post(request, 'lost');
  expect([again.status, again.body.id]).toEqual([202, first.body.id]);
});
