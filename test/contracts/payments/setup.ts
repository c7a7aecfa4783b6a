import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { AuthorizeRequest } from '../../../src/ports/payments.ts';
import { allRows } from '../rows.ts';
import type { PaymentsUnderTest, RunningPayments } from './payments-under-test.ts';

export const POUNDS = { minor: 12_345, currency: 'GBP' };

/** A stand-in and adapter for one block of tests, with what every test of it does. */
export function setUp(target: PaymentsUnderTest) {
  let running: RunningPayments;
  beforeAll(async () => {
    running = await target.start();
  });
  // A failure that nobody met would strike the next test.
  afterEach(() => running.sandbox.faults.clear());
  afterAll(() => running.close());

  /** A request on an accepted card of a new customer, for an attempt of its own. */
  async function newRequest(changes: Partial<AuthorizeRequest> = {}): Promise<AuthorizeRequest> {
    const attemptId = randomUUID();
    return {
      key: `${attemptId}:authorize`,
      customerId: await running.payments.createCustomer(randomUUID()),
      paymentMethodId: target.cards.accepted,
      amount: POUNDS,
      attemptId,
      tripId: randomUUID(),
      ...changes,
    };
  }
  return {
    get sandbox() {
      return running.sandbox;
    },
    get payments() {
      return running.payments;
    },
    newRequest,
    authorizationsOf: (customerId: string) =>
      allRows((after) => running.payments.authorizationsOf(customerId, new Date(0), after)),
    authorizationsSince: (since: Date) =>
      allRows((after) => running.payments.authorizationsSince(since, after)),
    authorized: async (changes?: Partial<AuthorizeRequest>) =>
      running.payments.authorize(await newRequest(changes)),
    /** The stand-in's own record of one authorization. */
    bookedOf: (paymentIntentId: string) =>
      target.booked(running.sandbox).find((one) => one.paymentIntentId === paymentIntentId),
  };
}
