import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CancellationRefused } from '../../../src/ports/flights.ts';
import { failureOf } from '../failure.ts';
import { newRequest } from './orders.ts';
import type { Route, RunningSeller, SellerUnderTest } from './seller-under-test.ts';

/** Cancelling an order at quoted terms. */
export function cancellationContract(target: SellerUnderTest): void {
  describe('cancellations', () => {
    let running: RunningSeller;
    beforeAll(async () => {
      running = await target.start();
    });
    afterEach(() => running.sandbox.faults.clear());
    afterAll(() => running.close());

    const newOrder = async (route: Route = target.routes.sells) =>
      running.seller.flights.createOrder(await newRequest(running, route));

    test('a quote says what is refunded and to whom, and changes nothing', async () => {
      const { orderId, total } = await newOrder();
      const { flights } = running.seller;
      const quote = await flights.quoteCancellation(orderId);
      expect(running.seller.owns(quote.id)).toBe(true);
      expect(quote).toMatchObject({ refund: total, refundTo: 'balance' });
      expect(await flights.order(orderId)).toMatchObject({ cancelled: false, cancellable: true });
    });

    test('a confirmed cancellation is final; to confirm it again changes nothing', async () => {
      const { orderId, total } = await newOrder();
      const { flights } = running.seller;
      const { id } = await flights.quoteCancellation(orderId);
      await flights.confirmCancellation(id);
      const after = await flights.order(orderId);
      expect(after).toMatchObject({ cancelled: true, cancellable: false, refund: total });
      await flights.confirmCancellation(id);
      expect(await flights.order(orderId)).toEqual(after);
    });

    test('only the newest quote can be confirmed', async () => {
      const { orderId } = await newOrder();
      const { flights } = running.seller;
      const stale = await flights.quoteCancellation(orderId);
      const newest = await flights.quoteCancellation(orderId);
      const error = await failureOf(flights.confirmCancellation(stale.id));
      expect(error).toBeInstanceOf(CancellationRefused);
      expect(error).toMatchObject({ refusal: 'quote_stale' });
      expect((await flights.order(orderId)).cancelled).toBe(false);
      await flights.confirmCancellation(newest.id);
      expect((await flights.order(orderId)).cancelled).toBe(true);
    });

    test('a cancelled order gets no further quote', async () => {
      const { orderId } = await newOrder();
      const { flights } = running.seller;
      await flights.confirmCancellation((await flights.quoteCancellation(orderId)).id);
      const error = await failureOf(flights.quoteCancellation(orderId));
      expect(error).toBeInstanceOf(CancellationRefused);
      expect(error).toMatchObject({ refusal: 'already_cancelled' });
    });

    test('a cancellation that is refused for another reason is refused for good', async () => {
      const { orderId } = await newOrder();
      target.cancellationRefusals.refused(running.sandbox);
      const error = await failureOf(running.seller.flights.quoteCancellation(orderId));
      expect(error).toBeInstanceOf(CancellationRefused);
      expect(error).toMatchObject({ refusal: 'refused' });
    });

    test('a refund to somebody else says so', async () => {
      const { orderId } = await newOrder(target.routes.refundsElsewhere);
      const { refundTo } = await running.seller.flights.quoteCancellation(orderId);
      expect(refundTo).not.toBe('balance');
    });

    test('a refund that is not stated is unknown, not zero', async () => {
      const { orderId } = await newOrder();
      target.hideRefund(running.sandbox);
      expect((await running.seller.flights.quoteCancellation(orderId)).refund).toBeNull();
    });
  });
}
