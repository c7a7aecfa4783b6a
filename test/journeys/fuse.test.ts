import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { expectNothingBought, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({
    env: {
      FUSE_SPEND_PER_HOUR: '1300',
      FUSE_BOOKINGS_PER_MINUTE: '50',
      FUSE_UNKNOWNS_PER_HOUR: '1',
      FUSE_USER_SPEND_PER_HOUR: '800',
    },
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
/** Armed, and with nothing counted: rearming resets the counts. */
async function arm(): Promise<void> {
  const [first, second] = [await operator(), await operator()];
  await first.call('POST', '/api/ops/fuse/blow');
  for (const who of [first, second]) await who.call('POST', '/api/ops/fuse/rearm');
}
const state = async () => (await (await operator()).call('GET', '/api/ops/fuse')).body;

test('ten trips fit at once and the fuse allows three → three authorizations, the fuse blows, ops are alerted', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => harness.user()));
  const trips = await Promise.all(users.map(async (user) => ({ user, id: (await user.trip()).id })));
  await until('the fuse', async () => (await state()).state === 'blown');
  await until('every trip to be booked or watched on', async () => {
    const read = await Promise.all(trips.map(({ user, id }) => user.read(id)));
    return read.every(({ status }) => status === 'BOOKED' || status === 'PENDING');
  });
  const { paymentIntents, orders } = ledgerOf(harness.sandbox);
  const taken = paymentIntents.filter(({ amountCaptured }) => amountCaptured > 0);
  // The bound is on authorizations: 4 × 399 would exceed it. Those without an order when it blew were voided.
  expect(paymentIntents.length).toBeLessThanOrEqual(3);
  expect(orders.length).toBe(taken.length);
  expect(paymentIntents.filter(({ status }) => status === 'requires_capture')).toEqual([]);
  expect((await state()).reason).toBe('spend_per_hour');
  await alerted('fuse_blown');
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

test('blown: nothing is authorized or ordered; what is in flight is completed or voided', async () => {
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

const alerted = (code: string) =>
  until(`the alert ${code}`, async () => JSON.stringify(harness.sandbox.intake.alerts).includes(code));

test('a dozen declined bookings of one user leave the fuse armed, and room for everybody else', async () => {
  const [ada, bob] = [await harness.user(), await harness.user()];
  const trips = await Promise.all(
    Array.from({ length: 12 }, () => ada.trip({}, 'pm_card_chargeCustomerFail')),
  );
  const { id } = await bob.trip();
  await bob.reaches(id, 'BOOKED');
  for (const trip of trips) await ada.reaches(trip.id, 'FAILED');
  expect((await state()).state).toBe('armed');
  for (const { userId, minor } of await harness.database.query<{ userId: string; minor: number }>(
    `select user_id as "userId", minor::int from fuse_charges where credited_at is null and at > (select armed_at from fuse)`,
  ))
    expect([userId, minor]).toEqual([bob.sub, 39_900]);
});

test('a user who has used up the hour waits and reads why; nobody else does, and ops are told', async () => {
  const [ada, bob] = [await harness.user(), await harness.user()];
  for (let booked = 0; booked < 2; booked += 1) await ada.reaches((await ada.trip()).id, 'BOOKED');
  const { id } = await ada.trip();
  const waiting = await ada.reaches(id, 'user_limit');
  expect([waiting.status, waiting.outcome.message]).toEqual([
    'PENDING',
    expect.stringContaining('limit of what we book in one hour'),
  ]);
  await bob.reaches((await bob.trip()).id, 'BOOKED');
  expect((await state()).state).toBe('armed');
  await alerted('user_limit');
});
