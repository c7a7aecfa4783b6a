import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { expectNothingBought, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({
    env: { FUSE_SPEND_PER_HOUR: '1300', FUSE_BOOKINGS_PER_MINUTE: '50', FUSE_UNKNOWNS_PER_HOUR: '1' },
  });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.endWatching();
  harness.sandbox.stripe.payments.intents.clear();
  harness.sandbox.duffel.orders.all.clear();
  await arm();
});

const operator = () => harness.user(undefined, { roles: ['operator'] });
async function arm(): Promise<void> {
  for (const who of [await operator(), await operator()]) await who.call('POST', '/api/ops/fuse/rearm');
}
const state = async () => (await (await operator()).call('GET', '/api/ops/fuse')).body;

test('ten trips that fit at once, with money for three: no more is begun, the fuse blows, ops are told', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => harness.user()));
  const trips = await Promise.all(users.map(async (user) => ({ user, id: (await user.trip()).id })));
  await until('the fuse', async () => (await state()).state === 'blown');
  await until('every trip to be booked or watched on', async () => {
    const read = await Promise.all(trips.map(({ user, id }) => user.read(id)));
    return read.every(({ status }) => status === 'BOOKED' || status === 'PENDING');
  });
  const { paymentIntents, orders } = ledgerOf(harness.sandbox);
  const taken = paymentIntents.filter(({ amountCaptured }) => amountCaptured > 0);
  // The bound is on what is begun: 4 × 399 would be past it. Who had no ticket yet when it blew was let go.
  expect(paymentIntents.length).toBeLessThanOrEqual(3);
  expect(orders.length).toBe(taken.length);
  expect(paymentIntents.filter(({ status }) => status === 'requires_capture')).toEqual([]);
  expect((await state()).reason).toBe('spend_per_hour');
  await until('the alert', async () => JSON.stringify(harness.sandbox.intake.alerts).includes('fuse_blown'));
});

test('two people arm it: the first alone can not, a viewer not at all, and both are on record', async () => {
  const [first, second] = [await operator(), await operator()];
  expect((await first.call('POST', '/api/ops/fuse/blow')).body.state).toBe('blown');
  expect((await first.call('POST', '/api/ops/fuse/rearm')).body).toMatchObject({
    state: 'blown',
    rearmAskedBy: first.sub,
  });
  expect((await first.call('POST', '/api/ops/fuse/rearm')).status).toBe(409);
  const viewer = await harness.user(undefined, { roles: ['viewer'] });
  expect((await viewer.call('POST', '/api/ops/fuse/rearm')).status).toBe(403);
  expect((await (await harness.user()).call('GET', '/api/ops/fuse')).status).toBe(403);
  expect((await second.call('POST', '/api/ops/fuse/rearm')).body).toMatchObject({ state: 'armed' });
  const audits = await harness.database.query<{ actor: string; action: string }>(
    `select actor, action from ops_audits where action like 'fuse.%' order by id desc limit 3`,
  );
  expect(audits.map(({ actor, action }) => `${action} ${actor}`)).toEqual([
    `fuse.rearm_confirmed operator:${second.sub}`,
    `fuse.rearm_asked operator:${first.sub}`,
    `fuse.blow operator:${first.sub}`,
  ]);
});

test('blown, nothing is reserved or ordered; what is in flight is completed or let go', async () => {
  await (await operator()).call('POST', '/api/ops/fuse/blow');
  const user = await harness.user();
  const { id } = await user.trip();
  expect((await user.reaches(id, 'paused')).outcome.message).toContain('New bookings are paused');
  expectNothingBought(harness.sandbox);
  expect((await user.read(id)).status).toBe('PENDING');
});

test('more unknown outcomes than allowed blow it', async () => {
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'lost_answer', times: 2 }));
  const users = await Promise.all([harness.user(), harness.user()]);
  const trips = await Promise.all(users.map(async (user) => ({ user, id: (await user.trip()).id })));
  await until('the fuse', async () => (await state()).reason === 'unknown_outcomes');
  // Both orders exist: they are found and paid for all the same.
  for (const { user, id } of trips) await user.reaches(id, 'BOOKED');
});
