import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Base, createBase } from '../../src/context/base.ts';
import { createSagaPorts } from '../../src/context/worker.ts';
import type { SagaPorts } from '../../src/services/booking/ports.ts';
import { runAttempt } from '../../src/services/booking/saga.ts';
import { createHarness, type Harness } from '../support/harness.ts';
import { ledgerOf } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { fault, stripeError } from '../support/vendor-errors.ts';

/** The real saga on real Postgres, Redis and HTTP; its worker dies before or after any of its calls to the outside. */
let harness: Harness;
let base: Base;
beforeAll(async () => {
  harness = await createHarness({ queues: ['search'], env: { DUFFEL_ORDER_TIMEOUT_MS: '600' } });
  harness.sandbox.duffel.prices.pin('LHR', 'JFK', { amount: '399.00', currency: 'GBP', refundable: true });
  // Webhooks would nudge attempts that only this test may touch.
  harness.sandbox.webhooks.copies = 0;
  base = await createBase(harness.config, 'parker_worker');
});
afterAll(async () => {
  await base.close();
  await harness.stop();
});

const never = new AbortController().signal;
const newPorts = (): SagaPorts =>
  createSagaPorts(base, { paymentSettleMs: 400, settlePollMs: 50, settleWindowMs: 900 });

interface Death {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** Ports whose worker dies at its nth call: from then on every call fails, as nothing reaches anybody from a dead process. */
function mortal(ports: SagaPorts, death: Death | null, calls: string[]): SagaPorts {
  let dead = false;
  const wrap = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (dead) throw new Error('dead');
          calls.push(`${name}.${String(key)}`);
          const mine = calls.length === death?.call;
          if (mine && death.when === 'before') dead = true;
          if (dead) throw new Error('dead');
          const result = (await Reflect.apply(value, target, args)) as unknown;
          if (mine) dead = true;
          if (dead) throw new Error('dead');
          return result;
        };
      },
    });
  return {
    ...ports,
    store: wrap('store', ports.store),
    flights: wrap('flights', ports.flights),
    payments: wrap('payments', ports.payments),
  };
}

async function newAttempt(
  card?: string,
): Promise<{ id: string; tripId: string; user: Awaited<ReturnType<Harness['user']>> }> {
  const user = await harness.user();
  const { id: tripId } = await user.trip({}, card);
  const id = await until('the attempt', async () => {
    const [row] = await harness.database.query<{ id: string }>(
      'select id from booking_attempts where trip_id = $1',
      [tripId],
    );
    return row?.id;
  });
  return { id, tripId, user };
}

/** Runs the attempt with one worker after another until it is over; a dead one's claim lapses at once. */
async function runToTheEnd(attemptId: string, death: Death | null): Promise<string[]> {
  const calls: string[] = [];
  let ports = mortal(newPorts(), death, calls);
  for (let workers = 0; workers < 60; workers += 1) {
    const result = await runAttempt(ports, attemptId, { signal: never, tries: 0 }).catch(
      () => ({ kind: 'died' }) as const,
    );
    const [row] = await harness.database.query<{ status: string }>(
      'select status from booking_attempts where id = $1',
      [attemptId],
    );
    if (row?.status !== 'PENDING') return calls;
    if (result.kind === 'later') await sleep(60);
    await harness.database.query(
      `update booking_attempts set lease_until = now() - interval '1 second' where id = $1 and lease_until is not null`,
      [attemptId],
    );
    ports = newPorts();
  }
  throw new Error('the attempt never came to an end');
}

function truthAbout(tripId: string) {
  const { orders, paymentIntents } = ledgerOf(harness.sandbox);
  const own = orders.filter((order) => order.metadata.trip_id === tripId);
  const intents = paymentIntents.filter((intent) => intent.metadata.trip_id === tripId);
  return {
    ordersEver: own.length,
    liveOrders: own.filter((order) => order.status === 'confirmed').length,
    held: intents.filter((intent) => intent.status === 'requires_capture').length,
    taken: intents.filter((intent) => intent.amountCaptured > 0).map((intent) => intent.amountCaptured),
    intents: intents.length,
  };
}

/** Every way a worker may die on this path, found by running the path once. */
async function everyDeath(path: string[]): Promise<Death[]> {
  return path.flatMap((_, index) => [
    { call: index + 1, when: 'before' as const },
    { call: index + 1, when: 'after' as const },
  ]);
}

describe('wherever a worker dies', () => {
  test('on the way to a ticket: there is one ticket and one charge, or nothing and the trip is watched on', async () => {
    const path = await runToTheEnd((await newAttempt()).id, null);
    expect(path).toContain('flights.createOrder');
    const ends: string[] = [];
    for (const death of await everyDeath(path)) {
      const { id, tripId, user } = await newAttempt();
      await runToTheEnd(id, death);
      const { status } = await user.read(tripId);
      ends.push(status);
      const truth = truthAbout(tripId);
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
    const path = await runToTheEnd((await newAttempt()).id, null);
    for (const death of (await everyDeath(path)).filter(
      ({ call }) => call > path.indexOf('flights.createOrder'),
    )) {
      lose();
      const { id, tripId, user } = await newAttempt();
      await runToTheEnd(id, death);
      harness.sandbox.faults.clear();
      const truth = truthAbout(tripId);
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

  test('while a refused capture is undone: the ticket is given back and nothing is held', async () => {
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
    const path = await runToTheEnd((await newAttempt()).id, null);
    for (const death of (await everyDeath(path)).filter(
      ({ call }) => call > path.indexOf('payments.capture'),
    )) {
      refuse();
      const { id, tripId, user } = await newAttempt();
      await runToTheEnd(id, death);
      expect([death, (await user.read(tripId)).status, truthAbout(tripId)]).toEqual([
        death,
        'FAILED',
        { ordersEver: 1, liveOrders: 0, held: 0, taken: [], intents: 1 },
      ]);
    }
    harness.sandbox.faults.clear();
  }, 120_000);
});

test('a worker that wakes up late finds its writes refused, and does not order a second time', async () => {
  const { id, tripId, user } = await newAttempt();
  harness.sandbox.faults.add(fault({ target: 'duffel.orders.create', fault: 'latency', delayMs: 500 }));
  const sleeper = runAttempt(newPorts(), id, { signal: never, tries: 0 });
  await until('the order call', async () =>
    harness.sandbox.world.calls.some((call) => call.fault === 'latency'),
  );
  await harness.database.query(
    `update booking_attempts set lease_until = now() - interval '1 second' where id = $1`,
    [id],
  );
  const successor = runToTheEnd(id, null);
  expect(await sleeper).toMatchObject({ kind: 'not_ours' });
  await successor;
  expect((await user.read(tripId)).status).toBe('BOOKED');
  expect(truthAbout(tripId)).toEqual({ ordersEver: 1, liveOrders: 1, held: 0, taken: [39_900], intents: 1 });
});

test('a card that was forgotten while its hold was on its way does not keep the hold', async () => {
  const path = await runToTheEnd((await newAttempt()).id, null);
  const { id, tripId, user } = await newAttempt();
  // The money is held, and the only worker that knew is dead.
  const death: Death = { call: path.indexOf('payments.authorize') + 1, when: 'after' };
  await runAttempt(mortal(newPorts(), death, []), id, { signal: never, tries: 0 });
  expect(truthAbout(tripId).held).toBe(1);
  expect((await user.call('POST', `/api/trips/${tripId}/cancel`)).status).toBe(200);
  const { body } = await user.call('GET', '/api/payment-methods');
  expect((await user.call('DELETE', `/api/payment-methods/${body.data[0].id}`)).status).toBe(204);
  await runToTheEnd(id, null);
  expect(truthAbout(tripId)).toEqual({ ordersEver: 0, liveOrders: 0, held: 0, taken: [], intents: 1 });
  expect((await user.read(tripId)).status).toBe('CANCELLED');
});
