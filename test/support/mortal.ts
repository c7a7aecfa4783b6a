import { setTimeout as sleep } from 'node:timers/promises';
import type { Base } from '../../src/app/base.ts';
import { createBookingPorts } from '../../src/app/saga-ports.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { runAttempt } from '../../src/services/booking/saga.ts';
import type { Harness } from './harness.ts';
import { ledgerOf } from './ledger.ts';
import { until } from './until.ts';

export const never = new AbortController().signal;

export interface Death {
  /** Its number, or the name of the first such call. */
  readonly call: number | string;
  readonly when: 'before' | 'after';
}

/** The ports through which a saga reaches the outside. */
const OUTSIDE = ['store', 'offers', 'travelers', 'flights', 'payments'];

/** Ports whose worker dies at its nth call: from then on every call fails, as nothing reaches anybody from a dead process. */
export function mortal<Ports extends object>(ports: Ports, death: Death | null, calls: string[]): Ports {
  let dead = false;
  const wrap = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (dead) throw new Error('dead');
          calls.push(`${name}.${String(key)}`);
          const named = `${name}.${String(key)}`;
          const mine = calls.length === death?.call || (named === death?.call && !dead);
          if (mine && death.when === 'before') dead = true;
          if (dead) throw new Error('dead');
          // A dead worker hears neither answer nor error.
          const heard = (Reflect.apply(value, target, args) as Promise<unknown>).finally(() => {
            if (mine) dead = true;
          });
          const result = await heard.catch((error: unknown) => {
            throw dead ? new Error('dead') : error;
          });
          if (dead) throw new Error('dead');
          return result;
        };
      },
    });
  const wrapped = Object.entries(ports).map(([name, port]) => [
    name,
    OUTSIDE.includes(name) ? wrap(name, port) : port,
  ]);
  return Object.fromEntries(wrapped);
}

/** Every way a worker may die on this path, found by running the path once. */
export function everyDeath(path: string[]): (Death & { readonly call: number })[] {
  return path.flatMap((_, index) => [
    { call: index + 1, when: 'before' as const },
    { call: index + 1, when: 'after' as const },
  ]);
}

/** The saga on real servers, run by workers of the test's own, each of which may die. */
export function createMortals(harness: Harness, base: Base) {
  const newPorts = (): BookingPorts =>
    createBookingPorts(base, {
      paymentLookupMs: 400,
      orderPollMs: 50,
      orderLookupMs: 900,
      orderLookupLeastMs: 900,
    });

  async function newAttempt(
    card?: string,
    email?: string,
  ): Promise<{ id: string; tripId: string; user: Awaited<ReturnType<Harness['user']>> }> {
    const user = await harness.user(undefined, email ? { email } : {});
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
  async function runToTheEnd(
    attemptId: string,
    death: Death | null,
    { dieAfter, workers: most = 60 }: { dieAfter?: string; workers?: number } = {},
  ): Promise<string[]> {
    const calls: string[] = [];
    let ports = mortal(newPorts(), death ?? (dieAfter ? { call: dieAfter, when: 'after' } : null), calls);
    for (let workers = 0; workers < most; workers += 1) {
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

  return { newPorts, newAttempt, runToTheEnd, truthAbout };
}
