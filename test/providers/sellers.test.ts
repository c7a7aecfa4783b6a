import { expect, test } from 'vitest';
import type { SearchParams } from '../../src/domain/search.ts';
import { Permanent, Retryable } from '../../src/errors.ts';
import type { FlightProvider, ListedOrder, OrderRequest, Seller } from '../../src/ports/flights.ts';
import { joinSellers } from '../../src/providers/sellers.ts';
import { allRows } from '../contracts/rows.ts';

/** A seller whose ids begin with its name, and who answers every call with its name. */
function seller(name: string, flights: Partial<FlightProvider> = {}): Seller {
  const answer = async () => name as never;
  const verbs = {
    search: answer,
    offer: answer,
    createOrder: answer,
    order: answer,
    ordersOf: answer,
    ordersSince: answer,
    quoteCancellation: answer,
    confirmCancellation: answer,
    acceptChange: answer,
  };
  return {
    name,
    live: false,
    webhooks: null,
    circuit: () => 'closed',
    owns: (id) => id.startsWith(`${name}_`),
    flights: { ...verbs, ...flights },
  };
}
const sells = (requestId: string, ...offers: string[]) => ({
  search: async () => ({ requestId, offers: offers.map((raw) => ({ offer: {} as never, raw })) }),
});
const fails = (code: string) => ({
  search: async () => {
    throw new Retryable(code, code);
  },
});
const PARAMS = {} as SearchParams;

test('an id is asked of the seller that made it', async () => {
  const flights = joinSellers([seller('one'), seller('two')]);
  expect(await flights.offer('two_offer')).toBe('two');
  expect(await flights.createOrder({ offer: { offerId: 'one_offer' } } as OrderRequest)).toBe('one');
  expect(await flights.order('two_order')).toBe('two');
  expect(await flights.ordersOf('one_offer')).toBe('one');
  expect(await flights.quoteCancellation('two_order')).toBe('two');
  expect(await flights.confirmCancellation('one_cancellation')).toBe('one');
  expect(await flights.acceptChange('two_change')).toBe('two');
  await expect(flights.order('three_order')).rejects.toBeInstanceOf(Permanent);
});

test('a search brings the offers of all sellers', async () => {
  const flights = joinSellers([seller('one', sells('q1', 'a', 'b')), seller('two', sells('q2', 'c'))]);
  const { requestId, offers } = await flights.search(PARAMS);
  expect(requestId).toBe('q1,q2');
  expect(offers.map(({ raw }) => raw)).toEqual(['a', 'b', 'c']);
});

test('a seller that fails hides nobody else; a search fails when all fail', async () => {
  const one = joinSellers([seller('one', fails('down')), seller('two', sells('q2', 'c'))]);
  expect((await one.search(PARAMS)).offers).toHaveLength(1);
  const none = joinSellers([seller('one', fails('first')), seller('two', fails('second'))]);
  await expect(none.search(PARAMS)).rejects.toMatchObject({ code: 'first' });
});

test('orders of all sellers are listed page by page, one seller after the other; a list that fails fails', async () => {
  /** A seller whose cursor is the page's place. */
  const pages = (...days: number[]) => ({
    ordersSince: async (_since: Date, after: string | null) => {
      const at = Number(after ?? 0);
      const row = { createdAt: new Date(2026, 0, days[at]) } as ListedOrder;
      return { rows: [row], unreadable: [], next: at + 1 < days.length ? String(at + 1) : null };
    },
  });
  const flights = joinSellers([seller('one', pages(9, 3)), seller('two', pages(5))]);
  const rows = await allRows((after) => flights.ordersSince(new Date(0), after));
  expect(rows.map(({ createdAt }) => createdAt.getDate())).toEqual([9, 3, 5]);
  const down = {
    ordersSince: async () => {
      throw new Retryable('down', 'down');
    },
  };
  const broken = joinSellers([seller('one', pages(1)), seller('two', down)]);
  await expect(allRows((after) => broken.ordersSince(new Date(0), after))).rejects.toThrow('down');
});
