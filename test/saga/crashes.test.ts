import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Base, createBase } from '../../src/app/base.ts';
import { runAttempt } from '../../src/services/booking/saga.ts';
import { confirmationOf, confirmInBrowser } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { createMortals, type Death, everyDeath, mortal, never } from '../support/mortal.ts';
import { until } from '../support/until.ts';
import { fault, stripeError } from '../support/vendor-errors.ts';

/** The real saga on real Postgres, Redis and HTTP; its worker dies before or after any of its calls to the outside. */
let harness: Harness;
let base: Base;
let mortals: ReturnType<typeof createMortals>;
beforeAll(async () => {
  harness = await createHarness({ queues: ['search'], env: { DUFFEL_ORDER_TIMEOUT_MS: '600' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  // Webhooks would nudge attempts that only this test may touch.
  harness.sandbox.webhooks.copies = 0;
  base = await createBase(harness.config, 'parker_worker');
  mortals = createMortals(harness, base);
});
afterAll(async () => {
  await base.close();
  await harness.stop();
});

describe('wherever a worker dies', () => {
  test('on the way to a ticket: there is one ticket and one charge, or nothing and the trip is watched on', async () => {
    const path = await mortals.runToTheEnd((await mortals.newAttempt()).id, null);
    expect(path).toContain('flights.createOrder');
    const ends: string[] = [];
    for (const death of everyDeath(path)) {
      const { id, tripId, user } = await mortals.newAttempt();
      await mortals.runToTheEnd(id, death);
      const { status } = await user.read(tripId);
      ends.push(status);
      const truth = mortals.truthAbout(tripId);
      const place = `${death.when} call ${death.call}, ${path[death.call - 1]}`;
      if (status === 'BOOKED')
        expect([place, truth]).toEqual([
          place,
          { ordersEver: 1, liveOrders: 1, held: 0, taken: [39_900], intents: 1 },
        ]);
      else
        expect([place, status, truth]).toMatchObject([
          place,
          expect.stringMatching(/PENDING|FAILED/),
          { liveOrders: 0, held: 0, taken: [] },
        ]);
      await harness.endWatching();
    }
    // Only a worker that died around the order call itself may cost the trip; every other death is survived.
    expect(ends.filter((status) => status === 'BOOKED').length).toBeGreaterThanOrEqual(ends.length - 3);
  }, 120_000);

  test('while the order call loses its answer: the one order is adopted', async () => {
    const lose = () =>
      harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'lost_answer' }));
    lose();
    const path = await mortals.runToTheEnd((await mortals.newAttempt()).id, null);
    for (const death of everyDeath(path).filter(({ call }) => call > path.indexOf('flights.createOrder'))) {
      lose();
      const { id, tripId, user } = await mortals.newAttempt();
      await mortals.runToTheEnd(id, death);
      harness.sandbox.faults.clear();
      const truth = mortals.truthAbout(tripId);
      expect(truth.ordersEver).toBeLessThanOrEqual(1);
      expect([
        death,
        (await user.read(tripId)).status === 'BOOKED',
        truth.liveOrders,
        truth.taken.length,
        truth.held,
      ]).toEqual([death, truth.ordersEver === 1, truth.ordersEver, truth.ordersEver, 0]);
      await harness.endWatching();
    }
  }, 120_000);

  test('while a refused capture is compensated: the order is cancelled and nothing stays authorized', async () => {
    const refuse = () => {
      harness.sandbox.faults.clear();
      harness.sandbox.faults.add({
        ...stripeError('stripe.payment_intents.capture', 400, {
          type: 'invalid_request_error',
          code: 'charge_expired_for_capture',
        }),
        times: 20,
      });
    };
    refuse();
    const path = await mortals.runToTheEnd((await mortals.newAttempt()).id, null);
    for (const death of everyDeath(path).filter(({ call }) => call > path.indexOf('payments.capture'))) {
      refuse();
      const { id, tripId, user } = await mortals.newAttempt();
      await mortals.runToTheEnd(id, death);
      expect([death, (await user.read(tripId)).status, mortals.truthAbout(tripId)]).toEqual([
        death,
        'FAILED',
        { ordersEver: 1, liveOrders: 0, held: 0, taken: [], intents: 1 },
      ]);
    }
    harness.sandbox.faults.clear();
  }, 120_000);
});

test('while the traveller confirms a payment: one ticket of one authorization, wherever the worker dies', async () => {
  const card = 'pm_card_authenticationRequired';
  const confirmed = new Set<string>();
  /** Confirms as soon as it can be, while the worker is wherever it is. */
  const confirmWhenAsked = async (user: Client, tripId: string): Promise<void> => {
    await until('the question', async () => {
      if ((await user.read(tripId)).outcome.code !== 'confirm_payment') return false;
      await confirmInBrowser(harness, await confirmationOf(user, tripId));
      await user.call('POST', `/api/trips/${tripId}/payment-confirmed`);
      return confirmed.add(tripId);
    });
  };
  const bought = async (death: Death | null) => {
    const { id, tripId, user } = await mortals.newAttempt(card);
    const [path] = await Promise.all([
      mortals.runToTheEnd(id, death, { workers: 400 }),
      confirmWhenAsked(user, tripId),
    ]);
    expect([death, (await user.read(tripId)).status, mortals.truthAbout(tripId)]).toEqual([
      death,
      'BOOKED',
      { ordersEver: 1, liveOrders: 1, held: 0, taken: [39_900], intents: 1 },
    ]);
    return path;
  };
  await bought(null);
  // Of the calls that only this path makes; what they are numbered depends on when the traveller comes.
  for (const call of ['payments.authorize', 'payments.authorization', 'flights.offer', 'store.release'])
    for (const when of ['before', 'after'] as const) await bought({ call, when });
  expect(confirmed.size).toBe(9);
}, 120_000);

test('a worker that wakes up late finds its writes refused, and does not order a second time', async () => {
  const { id, tripId, user } = await mortals.newAttempt();
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 500 }));
  const sleeper = runAttempt(mortals.newPorts(), id, { signal: never, tries: 0 });
  await until('the order call', async () =>
    harness.sandbox.world.calls.some((call) => call.fault === 'latency'),
  );
  await harness.database.query(
    `update booking_attempts set lease_until = now() - interval '1 second' where id = $1`,
    [id],
  );
  const successor = mortals.runToTheEnd(id, null);
  expect(await sleeper).toMatchObject({ kind: 'not_ours' });
  await successor;
  expect((await user.read(tripId)).status).toBe('BOOKED');
  expect(mortals.truthAbout(tripId)).toEqual({
    ordersEver: 1,
    liveOrders: 1,
    held: 0,
    taken: [39_900],
    intents: 1,
  });
});

test('a card that was removed during its authorization does not keep the authorization', async () => {
  const path = await mortals.runToTheEnd((await mortals.newAttempt()).id, null);
  const { id, tripId, user } = await mortals.newAttempt();
  // The money is held, and the only worker that knew is dead.
  const death: Death = { call: path.indexOf('payments.authorize') + 1, when: 'after' };
  await runAttempt(mortal(mortals.newPorts(), death, []), id, { signal: never, tries: 0 });
  expect(mortals.truthAbout(tripId).held).toBe(1);
  expect((await user.call('POST', `/api/trips/${tripId}/cancel`)).status).toBe(200);
  const { body } = await user.call('GET', '/api/payment-methods');
  expect((await user.call('DELETE', `/api/payment-methods/${body.data[0].id}`)).status).toBe(204);
  await mortals.runToTheEnd(id, null);
  expect(mortals.truthAbout(tripId)).toEqual({
    ordersEver: 0,
    liveOrders: 0,
    held: 0,
    taken: [],
    intents: 1,
  });
  expect((await user.read(tripId)).status).toBe('CANCELLED');
});
