import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Base, createBase } from '../../src/app/base.ts';
import { runCancellation } from '../../src/services/cancelling/saga.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { callsTo, cancellationOf } from '../support/ledger.ts';
import { everyDeath, mortal, never } from '../support/mortal.ts';
import { createMortalCancellations } from '../support/mortal-cancellations.ts';
import { until } from '../support/until.ts';
import { duffelError, fault } from '../support/vendor-errors.ts';

/** The real cancelling saga on real Postgres, Redis and HTTP; its worker dies before or after any of its calls to the outside. */
let harness: Harness;
let base: Base;
let mortals: ReturnType<typeof createMortalCancellations>;
beforeAll(async () => {
  // Nobody works the queue of bookings: only this test's workers touch a cancellation.
  harness = await createHarness({ queues: ['search', 'notify'] });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  harness.sandbox.webhooks.copies = 0;
  base = await createBase(harness.config, 'parker_worker');
  mortals = createMortalCancellations(harness, base);
});
afterAll(async () => {
  await base.close();
  await harness.stop();
});
afterEach(() => harness.sandbox.faults.clear());

/** Cancelled once, and what the airline gave back refunded: 349.00 GBP of 399.00 GBP. */
const CANCELLED_ONCE = {
  order: 'cancelled',
  confirmed: 1,
  refunds: [34_900],
  booking: 'REFUNDED',
  recorded: 34_900,
  cancellation: 'DONE',
  mails: 1,
};

/** Lets a worker die before and after each call from the first of `from` on, with the same faults each time. */
async function sweepDeaths(from: string, addFaults: () => void = () => undefined): Promise<void> {
  addFaults();
  const first = await mortals.request();
  const path = await mortals.runToTheEnd(first.bookingId, null);
  expect(path).toContain(from);
  expect(await mortals.truthAbout(first)).toEqual(CANCELLED_ONCE);
  for (const death of everyDeath(path).filter(({ call }) => call > path.indexOf(from))) {
    const request = await mortals.request();
    harness.sandbox.faults.clear();
    addFaults();
    await mortals.runToTheEnd(request.bookingId, death);
    const place = `${death.when} call ${death.call}, ${path[death.call - 1]}`;
    expect([place, await mortals.truthAbout(request)]).toEqual([place, CANCELLED_ONCE]);
  }
}

describe('a worker dies before or after any call → another goes on: one cancellation, one refund, one mail', () => {
  test('all the way from the quote to the refund', async () => {
    await sweepDeaths('store.claim');
  }, 180_000);

  test('the answer of the confirmation was lost as well', async () => {
    await sweepDeaths('flights.confirmCancellation', () =>
      harness.sandbox.faults.add(
        fault({ target: 'duffel.order_cancellations.confirm', fault: 'lost_answer' }),
      ),
    );
  }, 180_000);

  test('the airline refused the first confirmation as stale', async () => {
    await sweepDeaths('flights.confirmCancellation', () =>
      harness.sandbox.faults.add(
        duffelError(
          'duffel.order_cancellations.confirm',
          422,
          'invalid_state_error',
          'order_cancellation_stale',
        ),
      ),
    );
  }, 180_000);

  test('the answer of the refund was lost as well', async () => {
    // The payment SDK repeats a call twice.
    await sweepDeaths('payments.refund', () =>
      harness.sandbox.faults.add(fault({ target: 'stripe.refunds.create', fault: 'lost_answer', times: 3 })),
    );
  }, 180_000);
});

test('a worker sleeps in the confirmation past its claim → its writes are refused, the successor refunds once', async () => {
  const request = await mortals.request();
  harness.sandbox.faults.add(
    fault({ target: 'duffel.order_cancellations.confirm', fault: 'slow_answer', delayMs: 2_500 }),
  );
  const sleeper = runCancellation(mortals.newPorts(), request.bookingId, { signal: never, tries: 0 });
  await until(
    'the confirmation',
    async () => cancellationOf(harness.sandbox, request.orderId).confirmed === 1,
  );
  await harness.database.query(
    `update cancellations set lease_until = now() - interval '1 second' where booking_id = $1`,
    [request.bookingId],
  );
  const successor = mortals.runToTheEnd(request.bookingId, null);
  expect(await sleeper).toMatchObject({ kind: 'not_ours' });
  await successor;
  expect(await mortals.truthAbout(request)).toEqual(CANCELLED_ONCE);
});

test('a worker died after the refund and before it was recorded → the next reads it at the bank and asks for none', async () => {
  const request = await mortals.request();
  const death = { call: 'payments.refund', when: 'after' } as const;
  await runCancellation(mortal(mortals.newPorts(), death, []), request.bookingId, {
    signal: never,
    tries: 0,
  });
  expect(await mortals.rowOf(request.bookingId)).toMatchObject({ status: 'PENDING', step: 'refund' });
  const before = callsTo(harness.sandbox, 'stripe.refunds.create');
  await harness.database.query(
    `update cancellations set lease_until = now() - interval '1 second' where booking_id = $1`,
    [request.bookingId],
  );
  await mortals.runToTheEnd(request.bookingId, null);
  expect(callsTo(harness.sandbox, 'stripe.refunds.create')).toBe(before);
  expect(await mortals.truthAbout(request)).toEqual(CANCELLED_ONCE);
});
