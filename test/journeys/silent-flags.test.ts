import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, expectNothingBought, expectOneTicket, ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault } from '../support/vendor-errors.ts';

/** Longer than the ten seconds for which a silent service is forgiven, with the looks before an alert. */
const LOST_MS = 90_000;

let harness: Harness;
beforeEach(async () => {
  harness = await createHarness();
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
});
afterEach(() => harness.stop());

const heard = (key: 'auto_booking_disable_all', value: boolean) =>
  until(
    `${key} to be heard`,
    async () => {
      const bases = [harness.web, harness.worker].filter((base) => base !== null);
      const live = bases.every(({ flagProvider }) => flagProvider.live());
      const values = await Promise.all(bases.map(({ flagProvider }) => flagProvider.evaluate(key)));
      return live && values.every((one) => one === value);
    },
    LOST_MS,
  );

test('the stream is silent, and the kill switch is thrown between authorize and order: no order, and the money is released', async () => {
  const { sandbox } = harness;
  // Longer than the second for which flags that were confirmed before authorizing may be believed.
  sandbox.faults.add(fault({ target: 'stripe.payment_intents.create', fault: 'latency', delayMs: 2_500 }));
  const user = await harness.user();
  const { id } = await user.trip();
  await until(
    'the authorization to begin',
    async () => callsTo(sandbox, 'stripe.payment_intents.create') > 0,
  );
  sandbox.launchDarkly.silence('streams');
  sandbox.launchDarkly.set('auto_booking_disable_all', true);
  await until(
    'the money to be released',
    async () => ledgerOf(sandbox).paymentIntents[0]?.status === 'canceled',
  );
  expect(callsTo(sandbox, 'duffel.orders.create')).toBe(0);
  // The stream is opened anew by itself, and brings the next change.
  await heard('auto_booking_disable_all', true);
  sandbox.launchDarkly.set('auto_booking_disable_all', false);
  await heard('auto_booking_disable_all', false);
  await user.reaches(id, 'BOOKED', 40_000);
  expectOneTicket(sandbox);
}, 120_000);

test('a silent stream that misses nothing stops nobody', async () => {
  harness.sandbox.launchDarkly.silence('streams');
  const user = await harness.user();
  await user.reaches((await user.trip()).id, 'BOOKED');
  expect((await user.call('GET', '/readyz')).body.dependencies.launchdarkly).toBe('up');
});

test('the whole service is silent: nothing new is bought, readiness and an alert say so, and it goes on by itself', async () => {
  const { sandbox } = harness;
  const user = await harness.user();
  const request = await user.tripRequest();
  sandbox.launchDarkly.silence('everything');
  await until(
    'bookings to be refused',
    async () => {
      const cheap = { ...request, maxPrice: { amount: '1.00', currency: 'GBP' } };
      return (await user.call('POST', '/api/trips', cheap)).status === 503;
    },
    LOST_MS,
  );
  expect((await user.call('GET', '/readyz')).body.dependencies.launchdarkly).toMatch(/down/);
  expect(Number(/^parker_flags_age_seconds (\S+)/m.exec(await metrics())?.[1])).toBeGreaterThan(0);
  await until('the alert', async () => JSON.stringify(sandbox.intake.alerts).includes('flags_lost'), LOST_MS);
  expectNothingBought(sandbox);
  sandbox.launchDarkly.silence('nothing');
  await heard('auto_booking_disable_all', false);
  await user.reaches((await user.trip()).id, 'BOOKED', 40_000);
}, 240_000);

const metrics = () => harness.web.metrics.registry.metrics();
