import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OutcomeUnknown, Permanent, Retryable } from '../../../src/errors.ts';
import { type OrderRefusal, OrderRefused, type OrderRequest } from '../../../src/ports/flights.ts';
import { inDays } from '../../support/client.ts';
import { until } from '../../support/until.ts';
import { failureOf } from '../failure.ts';
import { allRows } from '../rows.ts';
import { searchOn } from './search.ts';
import { ADA, type OrderCase, type RunningSeller, type SellerUnderTest } from './seller-under-test.ts';

/** A request to order the first offer of a fresh search, for an attempt of its own. */
export async function newRequest(
  { seller }: RunningSeller,
  route: OrderCase['route'],
): Promise<OrderRequest> {
  const { offers } = await seller.flights.search(searchOn(route as NonNullable<typeof route>));
  const offer = offers[0]?.offer;
  if (!offer) throw new Error('the search brought no offer');
  return { offer, passengers: [ADA], attemptId: randomUUID(), tripId: randomUUID() };
}

/** Creating an order once, and finding it again. */
export function orderContract(target: SellerUnderTest): void {
  describe('orders', () => {
    let running: RunningSeller;
    beforeAll(async () => {
      running = await target.start();
    });
    afterEach(() => running.sandbox.faults.clear());
    afterAll(() => running.close());

    /** A request in the state of the case, not yet sent. */
    async function arranged({
      route = target.routes.sells,
      arrange,
      change,
    }: OrderCase): Promise<OrderRequest> {
      const request = await newRequest(running, route);
      arrange?.(running.sandbox, request.offer);
      return change?.(request) ?? request;
    }
    const ordersSince = (since: Date) => allRows((after) => running.seller.flights.ordersSince(since, after));
    const create = (request: OrderRequest) => running.seller.flights.createOrder(request);
    const atSeller = ({ offer }: OrderRequest) => target.ordersAtSeller(running.sandbox, offer.offerId);

    test('a created order has an id, a booking reference, tickets and the price of the offer', async () => {
      const request = await newRequest(running, target.routes.sells);
      const facts = await create(request);
      expect(running.seller.owns(facts.orderId)).toBe(true);
      expect(facts.bookingReference).toMatch(/^[A-Z0-9]{5,}$/);
      expect(facts.total).toEqual(request.offer.price);
      expect(facts.ticketNumbers).toHaveLength(1);
      expect(atSeller(request)).toBe(1);
    });

    test('an order is found by its offer, by our attempt, by its id and in the list', async () => {
      const since = new Date(Date.now() - 1_000);
      const request = await newRequest(running, target.routes.sells);
      const { answer, ...facts } = await create(request);
      expect(answer).toBeTruthy();
      const { flights } = running.seller;
      const found = {
        facts,
        attemptId: request.attemptId,
        madeBy: 'us',
        cancelled: false,
        cancellable: true,
        refund: null,
        slices: request.offer.slices,
        changes: [],
      };
      expect(await flights.ordersOf(request.offer.offerId)).toEqual({ rows: [found], unreadable: [] });
      expect(await flights.order(facts.orderId)).toEqual(found);
      const listed = (await ordersSince(since)).find((one) => one.attemptId === request.attemptId);
      expect(listed).toMatchObject({ ...found, tripId: request.tripId });
      expect(listed?.createdAt.getTime()).toBeGreaterThanOrEqual(since.getTime());
      expect(listed?.offer).toMatchObject({
        provider: target.name,
        offerId: request.offer.offerId,
        price: request.offer.price,
      });
      expect(await ordersSince(new Date(Date.now() + 60_000))).toEqual([]);
    });

    test('each passenger travels on the fare of their own age', async () => {
      const search = searchOn(target.routes.sells, [{ type: 'adult' }, { type: 'adult' }, { age: 8 }]);
      const [first] = (await running.seller.flights.search(search)).offers;
      const names = ['Ada', 'Byron', 'Annabella'];
      const { orderId } = await create({
        offer: first?.offer as OrderRequest['offer'],
        passengers: names.map((givenName, index) => ({
          ...ADA,
          givenName,
          bornOn: index === 2 ? inDays(-365 * 8.5) : ADA.bornOn,
        })),
        attemptId: randomUUID(),
        tripId: randomUUID(),
      });
      expect(target.givenNames(running.sandbox, orderId)).toEqual(names);
    });

    test('an offer without orders has none; an order that does not exist is an error for good', async () => {
      const { offer } = await newRequest(running, target.routes.sells);
      expect((await running.seller.flights.ordersOf(offer.offerId)).rows).toEqual([]);
      const error = await failureOf(running.seller.flights.order(target.missingOrderId));
      expect(error).toBeInstanceOf(Permanent);
    });

    test('the list of orders goes on over its pages, newest first', async () => {
      const facts = await create(await newRequest(running, target.routes.sells));
      const before = (await ordersSince(new Date(0))).length;
      target.copyOrder(running.sandbox, facts.orderId, 450);
      const orders = await ordersSince(new Date(0));
      expect(orders).toHaveLength(before + 450);
      expect(new Set(orders.map((one) => one.facts.orderId)).size).toBe(before + 450);
      const times = orders.map(({ createdAt }) => createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => b - a));
    });

    const refusals = Object.entries(target.orderRefusals).flatMap(([refusal, cases]) =>
      cases.map((one) => ({ ...one, refusal: refusal as OrderRefusal })),
    );
    test.each(refusals)('$title → $refusal, and there is no order', async ({ refusal, ...given }) => {
      const request = await arranged(given);
      const error = await failureOf(create(request));
      expect(error).toBeInstanceOf(OrderRefused);
      expect(error).toMatchObject({ refusal });
      expect(error.code).not.toBe('');
      expect(atSeller(request)).toBe(0);
    });

    test.each(target.ordersUnknown)(
      '$title → outcome unknown, sent once; $orders order(s) in the end',
      async ({ orders, ...given }) => {
        const request = await arranged(given);
        const before = target.orderCalls(running.sandbox);
        expect(await failureOf(create(request))).toBeInstanceOf(OutcomeUnknown);
        expect(target.orderCalls(running.sandbox)).toBe(before + 1);
        if (orders === 0) return expect(atSeller(request)).toBe(0);
        const [found] = await until('the order to be found', async () => {
          const { rows } = await running.seller.flights.ordersOf(request.offer.offerId);
          return rows.length > 0 && rows;
        });
        expect(found).toMatchObject({ attemptId: request.attemptId, cancelled: false });
        expect(atSeller(request)).toBe(1);
      },
    );

    test.each(target.orderTurnedAway)(
      '$title → may be repeated after a wait, and then there is one order',
      async ({ maxWaitMs, minWaitMs = 1, ...given }) => {
        const request = await arranged(given);
        const error = await failureOf(create(request));
        expect(error).toBeInstanceOf(Retryable);
        expect((error as Retryable).retryAfterMs).toBeGreaterThanOrEqual(minWaitMs);
        expect((error as Retryable).retryAfterMs).toBeLessThanOrEqual(maxWaitMs);
        expect(atSeller(request)).toBe(0);
        await create(request);
        expect(atSeller(request)).toBe(1);
      },
    );
  });
}
