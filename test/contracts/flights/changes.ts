import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sameFlights } from '../../../src/domain/airline-change.ts';
import { OutcomeUnknown, Retryable } from '../../../src/errors.ts';
import { ChangeRefused } from '../../../src/ports/flights.ts';
import { failureOf } from '../failure.ts';
import { newRequest } from './orders.ts';
import type { RunningSeller, SellerUnderTest } from './seller-under-test.ts';

/** What an airline changes of its own accord, and how it is accepted. */
export function changeContract(target: SellerUnderTest): void {
  describe('changes by the airline', () => {
    let running: RunningSeller;
    beforeAll(async () => {
      running = await target.start();
    });
    afterEach(() => running.sandbox.faults.clear());
    afterAll(() => running.close());

    const read = (orderId: string) => running.seller.flights.order(orderId);
    async function ordered() {
      const request = await newRequest(running, target.routes.sells);
      const { orderId } = await running.seller.flights.createOrder(request);
      return { orderId, before: request.offer.slices };
    }

    test('a moved flight: the order shows the new times, and the change shows old beside new', async () => {
      const { orderId, before } = await ordered();
      expect(await read(orderId)).toMatchObject({ slices: before, changes: [] });
      const changeId = target.changeOrder(running.sandbox, orderId, { minutes: 90 });
      const { slices, changes } = await read(orderId);
      expect(running.seller.owns(changeId)).toBe(true);
      expect(changes).toEqual([
        { changeId, before, after: slices, actions: ['accept'], decision: null, pending: false },
      ]);
      expect(sameFlights(before, slices ?? [])).toBe(false);
    });

    test('a dropped flight: nothing takes its place', async () => {
      const { orderId, before } = await ordered();
      target.changeOrder(running.sandbox, orderId, { gone: true });
      expect(await read(orderId)).toMatchObject({ slices: [], changes: [{ before, after: [] }] });
    });

    test('the latest change is accepted; an older one, and one that is accepted, is refused', async () => {
      const { orderId } = await ordered();
      const older = target.changeOrder(running.sandbox, orderId, { minutes: 30 });
      const latest = target.changeOrder(running.sandbox, orderId, { minutes: 45 });
      const accept = (id: string) => running.seller.flights.acceptChange(id);
      const refused = await failureOf(accept(older));
      expect(refused).toBeInstanceOf(ChangeRefused);
      expect(refused).toMatchObject({ refusal: 'superseded' });
      await accept(latest);
      expect((await read(orderId)).changes.map(({ decision }) => decision)).toEqual([null, 'accepted']);
      expect(await failureOf(accept(latest))).toMatchObject({ refusal: 'refused' });
    });

    test('an acceptance whose answer is lost took effect: the order says so', async () => {
      const { orderId } = await ordered();
      const changeId = target.changeOrder(running.sandbox, orderId, {});
      target.loseAcceptance(running.sandbox);
      const error = await failureOf(running.seller.flights.acceptChange(changeId));
      expect(error instanceof Retryable || error instanceof OutcomeUnknown).toBe(true);
      expect((await read(orderId)).changes[0]?.decision).toBe('accepted');
    });

    test('an acceptance that people work on leaves the change open meanwhile', async () => {
      const { orderId } = await ordered();
      const changeId = target.changeOrder(running.sandbox, orderId, { acceptMs: 3_600_000 });
      await running.seller.flights.acceptChange(changeId);
      expect((await read(orderId)).changes[0]).toMatchObject({ decision: null, pending: true });
    });

    test.each([
      ['what came back', '12.00', { minor: 1_200, currency: 'GBP' }],
      ['nothing about a refund', undefined, null],
    ])('an order that the airline cancels says so, and %s', async (_, refund, expected) => {
      const { orderId } = await ordered();
      target.cancelByAirline(running.sandbox, orderId, refund);
      expect(await read(orderId)).toMatchObject({ cancelled: true, cancellable: false, refund: expected });
    });
  });
}
