import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo } from '../support/ledger.ts';
import { until } from '../support/until.ts';

/** Resend takes two requests a second, as its documentation says. */
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness({ sandbox: { resendRateLimit: 2 } });
});
afterAll(() => harness.stop());

const BOOKINGS = 8;

test('eight confirmations at once, two a second: each arrives once, and none spends its attempts', async () => {
  const { sandbox } = harness;
  sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  const addresses = Array.from({ length: BOOKINGS }, (_, index) => `mail-${index}@traveller.example`);
  await Promise.all(
    addresses.map(async (email) => {
      const user = await harness.user(undefined, { email });
      await user.trip();
    }),
  );
  await until('all mails', async () => sandbox.resend.emails.length >= BOOKINGS, 60_000);
  expect(sandbox.resend.emails.flatMap(({ to }) => to).sort()).toEqual(addresses);
  // Some were turned away first, or the limit was never met.
  const refused = sandbox.resend.refused;
  expect(refused).toBeGreaterThan(0);
  expect(callsTo(sandbox, 'resend.emails.send')).toBe(BOOKINGS);
  // The queue waits for the vendor; no job spends its attempts on it.
  const { notify } = harness.web.publisher.queues;
  const jobs = await until('the jobs to be over', async () => {
    const completed = await notify.getJobs(['completed']);
    return completed.length >= BOOKINGS && completed;
  });
  expect(jobs.every(({ attemptsMade }) => attemptsMade === 1)).toBe(true);
}, 90_000);
