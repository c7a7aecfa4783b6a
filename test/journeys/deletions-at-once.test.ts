import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { faultSchema } from '../../sandbox/faults.ts';
import { openDatabase } from '../../src/db/client/index.ts';
import { createCleanupStore } from '../../src/db/stores/cleanup.ts';
import { type Client, inDays } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought } from '../support/ledger.ts';
import { mailArrives } from '../support/mail.ts';
import { until } from '../support/until.ts';

/** Something is deleted in the moment in which a trip takes it: one of the two is refused, always. */

const AT_ONCE = 100;

let harness: Harness;
let user: Client;
let request: Record<string, unknown>;
/** The same, whatever other trips the traveller has. */
let repeated: Record<string, unknown>;
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  user = await harness.user();
  request = await user.tripRequest();
  repeated = { ...request, allowDuplicate: true };
}, 120_000);
afterEach(() => harness.sandbox.faults.clear());
afterAll(() => harness.stop());

const times = <T>(make: (index: number) => Promise<T>, count = AT_ONCE): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

/** Takes and deletes each in the same moment, in either order. @returns how often each pair of answers came */
async function race(
  count: number,
  take: (index: number) => Promise<{ status: number }>,
  remove: (index: number) => Promise<{ status: number }>,
): Promise<Record<string, number>> {
  const pairs = await times(async (index) => {
    const calls = [() => take(index), () => remove(index)];
    const ordered = index % 2 ? calls : calls.toReversed();
    const statuses = (await Promise.all(ordered.map((call) => call()))).map(({ status }) => status);
    return (index % 2 ? statuses : statuses.toReversed()).join(' and ');
  }, count);
  return Object.fromEntries(
    [...new Set(pairs)].map((pair) => [pair, pairs.filter((one) => one === pair).length]),
  );
}

/** Open trips whose traveller is gone, or that buy by themselves with no card, or with one that is removed. */
const broken = () =>
  harness.database.query(`
    select id from trip_requests t where auto_book_status in ('PENDING', 'BOOKING') and (
      exists (select from unnest(traveler_ids) one where one not in (select id from travelers))
      or auto_book_enabled and not exists (
        select from payment_methods p where p.id = t.payment_method_id and p.removed_at is null))`);

test('a trip is taken and its traveller deleted: one of the two is refused', async () => {
  const travelers = await times(() => user.traveler());
  const answers = await race(
    AT_ONCE,
    (index) => user.call('POST', '/api/trips', { ...request, travelerIds: [travelers[index]] }),
    (index) => user.call('DELETE', `/api/travelers/${travelers[index]}`),
  );
  for (const pair of Object.keys(answers)) expect(['202 and 409', '422 and 204']).toContain(pair);
  expect(await broken()).toEqual([]);
}, 120_000);

test('a trip is given another traveller while that one is deleted: one of the two is refused', async () => {
  const travelers = await times(() => user.traveler());
  const trips = await times(() => user.made('/api/trips', repeated));
  const answers = await race(
    AT_ONCE,
    (index) => user.call('PATCH', `/api/trips/${trips[index]?.id}`, { travelerIds: [travelers[index]] }),
    (index) => user.call('DELETE', `/api/travelers/${travelers[index]}`),
  );
  for (const pair of Object.keys(answers)) expect(['200 and 409', '422 and 204']).toContain(pair);
  expect(await broken()).toEqual([]);
}, 120_000);

test('a trip is taken, or told to buy by itself, while its card is removed: one of the two is refused', async () => {
  const cards = await times(() => user.card());
  const taken = await race(
    AT_ONCE,
    (index) => user.call('POST', '/api/trips', { ...repeated, paymentMethodId: cards[index] }),
    (index) => user.call('DELETE', `/api/payment-methods/${cards[index]}`),
  );
  for (const pair of Object.keys(taken)) expect(['202 and 409', '422 and 204']).toContain(pair);

  const more = await times(() => user.card());
  const watched = { ...repeated, autoBook: false, consent: undefined };
  const trips = await times((index) => user.made('/api/trips', { ...watched, paymentMethodId: more[index] }));
  const switched = await race(
    AT_ONCE,
    (index) => user.call('PATCH', `/api/trips/${trips[index]?.id}`, { autoBook: true, consent: true }),
    (index) => user.call('DELETE', `/api/payment-methods/${more[index]}`),
  );
  for (const pair of Object.keys(switched)) expect(['200 and 409', '422 and 204']).toContain(pair);
  expect(await broken()).toEqual([]);
}, 120_000);

test('the card of a trip that buys by itself stays, and the answer names the trip', async () => {
  const card = await user.card();
  const { id } = await user.made('/api/trips', { ...repeated, paymentMethodId: card });
  const refused = await user.call('DELETE', `/api/payment-methods/${card}`);
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(id)]);
  await user.call('PATCH', `/api/trips/${id}`, { autoBook: false });
  expect((await user.call('DELETE', `/api/payment-methods/${card}`)).status).toBe(204);
  expect((await user.call('GET', `/api/trips/${id}`)).body.paymentMethodId).toBeNull();
});

test('travellers whose trips are long over are tidied away while a trip takes them: none is taken from it', async () => {
  const worker = openDatabase(harness.database.url, 'parker_worker', { max: 4 });
  const cleanup = createCleanupStore(worker);
  const travelers = await times(() => user.traveler());
  for (const id of travelers)
    await harness.database.query(
      `insert into trip_requests (user_id, auto_book_enabled, auto_book_status, origin, destination, departure_date, cabin, traveler_ids,
         max_price_minor, currency, search_key, search_params, watch_until, outcome, correlation_id)
       values ('${user.sub}', false, 'EXPIRED', 'LHR', 'JFK', current_date - 200, 'economy', array['${id}'::uuid],
         1, 'GBP', 'old', '{}', now(), '{}', 'old')`,
    );
  try {
    const take = times((index) =>
      user.call('POST', '/api/trips', { ...request, travelerIds: [travelers[index]] }),
    );
    const tidy = times(() => cleanup.deleteTravelersLongGone({ limit: 5, olderThanDays: 90 }), 40);
    const [answers] = await Promise.all([take, tidy]);
    for (const { status } of answers) expect([202, 422]).toContain(status);
    expect(await broken()).toEqual([]);
  } finally {
    await worker.close();
  }
}, 120_000);

const bankFails = (count: number) =>
  harness.sandbox.faults.add(
    faultSchema.parse({
      target: 'stripe.payment_methods.detach',
      fault: 'status',
      status: 500,
      times: count,
    }),
  );

test('Stripe fails while a card is removed: the answer says what is so, the card pays for nothing, and asking again ends it', async () => {
  const card = await user.card();
  bankFails(20);
  const failed = await user.call('DELETE', `/api/payment-methods/${card}`);
  expect([failed.status, failed.body.detail]).toEqual([503, expect.stringContaining('is removed here')]);
  const listed = async () =>
    (await user.call('GET', '/api/payment-methods')).body.data.map((one: { id: string }) => one.id);
  expect(await listed()).not.toContain(card);
  expect((await user.call('POST', '/api/trips', { ...repeated, paymentMethodId: card })).status).toBe(422);
  harness.sandbox.faults.clear();
  expect((await user.call('DELETE', `/api/payment-methods/${card}`)).status).toBe(204);
  expect((await user.call('DELETE', `/api/payment-methods/${card}`)).status).toBe(404);
});

test('a removed card that Stripe still keeps is removed there by the daily cleanup', async () => {
  const card = await user.card();
  bankFails(20);
  expect((await user.call('DELETE', `/api/payment-methods/${card}`)).status).toBe(503);
  const before = callsTo(harness.sandbox, 'stripe.payment_methods.detach');
  harness.sandbox.faults.clear();
  await harness.startWorkers(['cleanup']);
  await harness.web.publisher.queues.cleanup.add('cleanup', { step: 'leftovers', day: '2026-01-01' });
  await until('the row to go', async () => {
    const rows = await harness.database.query(`select 1 from payment_methods where id = '${card}'`);
    return rows.length === 0;
  });
  expect(callsTo(harness.sandbox, 'stripe.payment_methods.detach')).toBeGreaterThan(before);
  await harness.stopWorkers();
});

test('a trip without its traveller, from a version before, ends with a mail; the money is reserved once and released', async () => {
  await harness.endWatching();
  const lost = await harness.user(undefined, { email: 'lost@traveller.example' });
  const body = await lost.tripRequest({ departureDate: inDays(75) });
  const { id } = await lost.made('/api/trips', body);
  await harness.startWorkers(['search', 'book', 'notify']);
  // As soon as the money is reserved, and before the order: deleted past every check.
  harness.sandbox.faults.add(
    faultSchema.parse({ target: 'stripe.payment_intents.create', fault: 'latency', delayMs: 300 }),
  );
  await until(
    'the authorization to be asked for',
    async () => callsTo(harness.sandbox, 'stripe.payment_intents.create') > 0,
  );
  await harness.database.query(`delete from travelers where id = '${(body.travelerIds as string[])[0]}'`);
  await lost.reaches(id, 'traveler_missing');
  expect((await lost.read(id)).status).toBe('FAILED');
  expect(callsTo(harness.sandbox, 'stripe.payment_intents.create')).toBe(1);
  expectNothingBought(harness.sandbox);
  await mailArrives(harness.sandbox, 'lost@traveller.example', /./);
});
