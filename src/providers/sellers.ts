import { Permanent } from '../errors.ts';
import type { FlightProvider, SearchResult, Seller } from '../ports/flights.ts';

/**
 * Joins sellers of flights into one. A call about an id goes to the seller that made the id. A search goes to every seller,
 * and fails only when all of them fail.
 */
export function joinSellers(sellers: readonly Seller[]): FlightProvider {
  /** @throws Permanent */
  function ownerOf(id: string): FlightProvider {
    const owner = sellers.find((seller) => seller.owns(id));
    if (!owner) throw new Permanent('not_found', 'no seller of flights made this id');
    return owner.flights;
  }
  return {
    async search(params, flyers) {
      const answers = await Promise.allSettled(sellers.map(({ flights }) => flights.search(params, flyers)));
      return joinResults(answers);
    },
    offer: async (offerId) => ownerOf(offerId).offer(offerId),
    createOrder: async (request) => ownerOf(request.offer.offerId).createOrder(request),
    order: async (orderId) => ownerOf(orderId).order(orderId),
    ordersOf: async (offerId) => ownerOf(offerId).ordersOf(offerId),
    // One seller after the other: the cursor says whose page is next.
    async ordersSince(since, cursor) {
      const { at, after } = readCursor(cursor);
      const seller = sellers[at];
      if (!seller) return { rows: [], unreadable: [], next: null };
      const page = await seller.flights.ordersSince(since, after);
      const following = at + 1 < sellers.length ? `${at + 1}:` : null;
      return { ...page, next: page.next === null ? following : `${at}:${page.next}` };
    },
    quoteCancellation: async (orderId) => ownerOf(orderId).quoteCancellation(orderId),
    confirmCancellation: async (cancellationId) =>
      ownerOf(cancellationId).confirmCancellation(cancellationId),
    acceptChange: async (changeId) => ownerOf(changeId).acceptChange(changeId),
  };
}

/** A seller's place in the list and its own cursor: `1:xyz`. */
function readCursor(cursor: string | null): { at: number; after: string | null } {
  if (cursor === null) return { at: 0, after: null };
  const colon = cursor.indexOf(':');
  return { at: Number(cursor.slice(0, colon)), after: cursor.slice(colon + 1) || null };
}

/** @throws the first seller's error when every search failed */
function joinResults(answers: readonly PromiseSettledResult<SearchResult>[]): SearchResult {
  const results = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const [failed] = answers.filter((answer) => answer.status === 'rejected');
  if (results.length === 0 && failed) throw failed.reason;
  return {
    requestId: results.map(({ requestId }) => requestId).join(','),
    offers: results.flatMap(({ offers }) => offers),
  };
}
