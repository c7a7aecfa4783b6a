import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SearchParams } from '../../../src/domain/search.ts';
import { Permanent, Retryable } from '../../../src/errors.ts';
import { inDays } from '../../support/client.ts';
import { failureOf } from '../failure.ts';
import type { Route, RunningSeller, SellerUnderTest } from './seller-under-test.ts';

/** A search on a route, a month ahead, for one adult unless told otherwise. */
export const searchOn = (
  route: Route,
  passengers: SearchParams['passengers'] = [{ type: 'adult' }],
): SearchParams => ({
  ...route,
  departureDate: inDays(30),
  returnDate: null,
  cabin: 'economy',
  passengers,
});

/** Searching, and reading an offer again. */
export function searchContract(target: SellerUnderTest): void {
  describe('searches and offers', () => {
    let running: RunningSeller;
    beforeAll(async () => {
      running = await target.start();
    });
    afterEach(() => running.sandbox.faults.clear());
    afterAll(() => running.close());

    const search = async (route: Route, passengers?: SearchParams['passengers']) =>
      (await running.seller.flights.search(searchOn(route, passengers))).offers.map(({ offer }) => offer);
    async function firstOffer(route: Route) {
      const [offer] = await search(route);
      if (!offer) throw new Error(`no offer on ${route.origin}-${route.destination}`);
      return offer;
    }

    test('every offer names the seller, its price, its expiry and the flights asked for', async () => {
      const { sells } = target.routes;
      const offers = await search(sells);
      expect(offers.length).toBeGreaterThan(0);
      for (const offer of offers) {
        expect(offer.provider).toBe(target.name);
        expect(running.seller.owns(offer.offerId)).toBe(true);
        expect(Number.isSafeInteger(offer.price.minor) && offer.price.minor > 0).toBe(true);
        expect(offer.price.currency).toMatch(/^[A-Z]{3}$/);
        expect(offer.expiresAt === null || Date.parse(offer.expiresAt) > Date.now()).toBe(true);
        expect(offer.slices).toHaveLength(1);
        expect(offer.slices[0]).toMatchObject(sells);
        expect(offer.slices[0]?.segments[0]?.origin).toBe(sells.origin);
        expect(offer.slices[0]?.segments.at(-1)?.destination).toBe(sells.destination);
        expect(offer.slices[0]?.segments[0]?.departingAtLocal).toMatch(
          new RegExp(`^${inDays(30)}T\\d\\d:\\d\\d:\\d\\d$`),
        );
      }
    });

    test('a return search has two slices', async () => {
      const { sells } = target.routes;
      const { offers } = await running.seller.flights.search({ ...searchOn(sells), returnDate: inDays(40) });
      expect(offers[0]?.offer.slices.map(({ origin }) => origin)).toEqual([sells.origin, sells.destination]);
    });

    test('passengers come in the order of the search, each with an id of its own', async () => {
      const [offer] = await search(target.routes.sells, [{ type: 'adult' }, { type: 'adult' }, { age: 8 }]);
      expect(offer?.passengers.map(({ age }) => age)).toEqual([null, null, 8]);
      expect(new Set(offer?.passengers.map(({ id }) => id)).size).toBe(3);
    });

    test('no offers is an answer', async () => {
      expect(await search(target.routes.hasNoOffers)).toEqual([]);
    });

    test('a search that times out at the seller may be repeated', async () => {
      expect(await failureOf(search(target.routes.searchTimesOut))).toBeInstanceOf(Retryable);
    });

    test.each([true, false, null])('refundable %o is read as such: unknown is not no', async (refundable) => {
      const { offerId } = await firstOffer(target.routes.sells);
      target.setRefundable(running.sandbox, offerId, refundable);
      expect((await running.seller.flights.offer(offerId)).offer.refundable).toBe(refundable);
    });

    test('an offer that is read again has the price of now', async () => {
      const offer = await firstOffer(target.routes.dearerAtEachRead);
      const reread = async () => (await running.seller.flights.offer(offer.offerId)).offer.price.minor;
      const [second, third] = [await reread(), await reread()];
      expect(second).toBeGreaterThan(offer.price.minor);
      expect(third).toBeGreaterThan(second);
    });

    test('an offer that is gone when it is read again is gone for good', async () => {
      const { offerId } = await firstOffer(target.routes.goneAtRead);
      expect(await failureOf(running.seller.flights.offer(offerId))).toBeInstanceOf(Permanent);
    });

    test('a read that is turned away says how long to wait', async () => {
      const { offerId } = await firstOffer(target.routes.sells);
      target.failReads.rateLimited(running.sandbox, 1);
      const error = await failureOf(running.seller.flights.offer(offerId));
      expect(error).toBeInstanceOf(Retryable);
      expect((error as Retryable).retryAfterMs).toBeGreaterThan(0);
      expect((await running.seller.flights.offer(offerId)).offer.offerId).toBe(offerId);
    });

    test.each(['serverError', 'reset', 'notJson'] as const)(
      'a read that fails by %s may be repeated',
      async (kind) => {
        const { offerId } = await firstOffer(target.routes.sells);
        target.failReads[kind](running.sandbox, 1);
        expect(await failureOf(running.seller.flights.offer(offerId))).toBeInstanceOf(Retryable);
      },
    );

    test('while the circuit is open, calls fail without being sent', async () => {
      const own = await target.start();
      const { sandbox, seller } = own;
      const read = () => failureOf(seller.flights.order(target.missingOrderId));
      expect(seller.circuit()).toBe('closed');
      target.failReads.serverError(sandbox, 100);
      await Promise.all(Array.from({ length: 20 }, read));
      expect(seller.circuit()).toBe('open');
      const sent = sandbox.world.calls.length;
      const error = await read();
      expect(error).toBeInstanceOf(Retryable);
      expect((error as Retryable).retryAfterMs).toBeGreaterThan(0);
      expect(sandbox.world.calls.length).toBe(sent);
      await own.close();
    });
  });
}
