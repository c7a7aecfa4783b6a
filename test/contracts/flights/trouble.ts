import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccountTrouble, OutcomeUnknown, Retryable } from '../../../src/errors.ts';
import { failureOf } from '../failure.ts';
import { allRows } from '../rows.ts';
import { newRequest } from './orders.ts';
import { searchOn } from './search.ts';
import { ADA, type RunningSeller, type SellerUnderTest } from './seller-under-test.ts';

/** What no documentation promises: bodies that can't be read, an account that is refused, a neighbour on the account. */
export function troubleContract(target: SellerUnderTest): void {
  describe('trouble', () => {
    let running: RunningSeller;
    beforeAll(async () => {
      running = await target.start();
    });
    afterEach(() => running.sandbox.faults.clear());
    afterAll(() => running.close());

    const newOrder = async () =>
      running.seller.flights.createOrder(await newRequest(running, target.routes.sells));
    const listed = () => allRows((after) => running.seller.flights.ordersSince(new Date(0), after));

    test.each(target.unreadableSuccesses)(
      '$title → outcome unknown, and the order is named',
      async ({ arrange }) => {
        const request = await newRequest(running, target.routes.sells);
        arrange?.(running.sandbox, request.offer);
        const error = (await failureOf(running.seller.flights.createOrder(request))) as OutcomeUnknown;
        expect(error).toBeInstanceOf(OutcomeUnknown);
        expect(running.seller.owns(error.found?.id ?? '')).toBe(true);
        expect(error.found?.answer).toBeTruthy();
      },
    );

    test('the answer of a new order is kept without what says who travels', async () => {
      const { answer } = await newOrder();
      const kept = JSON.stringify(answer);
      for (const personal of [ADA.givenName, ADA.familyName, ADA.email, ADA.phone, ADA.bornOn])
        expect(kept).not.toContain(personal);
    });

    test('an order without a booking reference is an order; the reference is unknown', async () => {
      const { orderId, total } = await newOrder();
      target.spoilOrder(running.sandbox, orderId, 'no_reference');
      const { facts } = await running.seller.flights.order(orderId);
      expect(facts).toMatchObject({ orderId, bookingReference: null, total });
    });

    test('an order that can not be read hides no other, and is not none', async () => {
      const request = await newRequest(running, target.routes.sells);
      const { orderId } = await running.seller.flights.createOrder(request);
      const other = await newOrder();
      target.spoilOrder(running.sandbox, orderId, 'unreadable');
      expect(await failureOf(running.seller.flights.order(orderId))).toBeInstanceOf(Retryable);
      const unreadable = [{ id: orderId, attemptId: request.attemptId, madeBy: 'us' }];
      const { offerId } = request.offer;
      expect(await running.seller.flights.ordersOf(offerId)).toMatchObject({ rows: [], unreadable });
      expect((await listed()).map(({ facts }) => facts.orderId)).toContain(other.orderId);
      const page = await running.seller.flights.ordersSince(new Date(0), null);
      expect(page.unreadable).toMatchObject(unreadable);
    });

    test('an offer that can not be read hides no other', async () => {
      const search = () => running.seller.flights.search(searchOn(target.routes.sells));
      const { length } = (await search()).offers;
      target.spoilOffer(running.sandbox);
      expect((await search()).offers).toHaveLength(length - 1);
    });

    test('an order says whether we, another deployment or nobody by name made it', async () => {
      const { orderId } = await newOrder();
      const madeBy = async () => (await running.seller.flights.order(orderId)).madeBy;
      expect(await madeBy()).toBe('us');
      target.renameMaker(running.sandbox, orderId, 'elsewhere.example');
      expect(await madeBy()).toBe('another_deployment');
      target.renameMaker(running.sandbox, orderId, null);
      expect(await madeBy()).toBe('unnamed');
    });

    test.each(target.accountTroubles)(
      '$title: our own trouble, to a search, a read, an order, a list and a cancellation; nothing is bought',
      async ({ refuse }) => {
        const { flights } = running.seller;
        const { orderId } = await newOrder();
        const request = await newRequest(running, target.routes.sells);
        const calls = [
          () => flights.search(searchOn(target.routes.sells)),
          () => flights.offer(request.offer.offerId),
          () => flights.createOrder(request),
          () => flights.order(orderId),
          () => flights.ordersSince(new Date(0), null),
          () => flights.quoteCancellation(orderId),
        ];
        for (const call of calls) {
          refuse(running.sandbox);
          const error = await failureOf(call());
          expect(error).toBeInstanceOf(AccountTrouble);
          expect(error).toMatchObject({ vendor: target.name });
        }
        expect(target.ordersAtSeller(running.sandbox, request.offer.offerId)).toBe(0);
        expect(running.seller.circuit()).toBe('closed');
      },
    );
  });
}
