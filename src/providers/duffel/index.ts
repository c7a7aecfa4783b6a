import { Duffel, DuffelError } from '@duffel/api';
import type { OrderFacts } from '../../domain/attempt.ts';
import { type Money, parseMoney } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import type { SearchParams } from '../../domain/search.ts';
import { Permanent } from '../../errors.ts';
import { createCircuit } from '../resilience.ts';
import { createOrder, type OrderRequest } from './create-order.ts';
import { readError, resetIn } from './errors.ts';
import { type FoundOrder, type ListedOrder, toListedOrder, toOffer, toOrder } from './normalize.ts';

export type { OrderRequest, Passenger } from './create-order.ts';
export type { FoundOrder, ListedOrder } from './normalize.ts';

export interface SearchResult {
  readonly requestId: string;
  readonly offers: readonly { offer: Offer; raw: unknown }[];
}

export interface CancellationQuote {
  readonly id: string;
  readonly refund: Money | null;
  /** Where the money would go; only `balance` gives it back to us. */
  readonly refundTo: string;
}

/**
 * Everything Parker asks of an airline seller. Reads and searches throw Retryable or Permanent; createOrder says
 * itself what it throws.
 */
export interface FlightProvider {
  search(params: SearchParams): Promise<SearchResult>;
  /** The offer as it stands now, re-priced by the airline. */
  offer(offerId: string): Promise<{ offer: Offer; raw: unknown }>;
  createOrder(request: OrderRequest): Promise<OrderFacts>;
  order(orderId: string): Promise<FoundOrder>;
  /** Orders made from this offer; none is no proof for hours, says Duffel. */
  ordersOf(offerId: string): Promise<readonly FoundOrder[]>;
  /** All orders of the account since then, newest first. */
  ordersSince(since: Date): Promise<readonly ListedOrder[]>;
  quoteCancellation(orderId: string): Promise<CancellationQuote>;
  confirmCancellation(cancellationId: string): Promise<void>;
  readonly circuit: () => string;
}

/** How long Duffel waits for airlines in a search; ours is a little longer, so that it answers first. */
const SUPPLIER_TIMEOUT_MS = 20_000;
const SEARCH_DEADLINE_MS = 25_000;
const READ_DEADLINE_MS = 15_000;
/** Duffel's largest page. */
const PAGE = 200;
/** Connections asked for in a shared search; each trip's own limit is applied to the answer. */
const MAX_CONNECTIONS = 2;
/** Duffel tells the end of its window in whole seconds: it may be this much later than it says. */
const ROUNDED_MS = 1_000;

export function createDuffel(options: {
  token: string;
  baseUrl: string;
  orderTimeoutMs: number;
  /** Told what Duffel says of its quota. */
  noteQuota?: (seen: { limit: number; remaining: number; resetAt: number }) => void;
}): FlightProvider {
  // Without its trailing slash the SDK would drop the last part of the path.
  const baseUrl = options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`;
  const duffel = new Duffel({ token: options.token, basePath: baseUrl });
  const circuit = createCircuit('duffel');

  async function read<T extends { headers?: unknown }>(
    deadlineMs: number,
    call: () => Promise<T>,
  ): Promise<T> {
    return circuit.run(deadlineMs, async () => {
      try {
        const response = await call();
        noteQuota(response.headers as Headers | undefined);
        return response;
      } catch (error) {
        if (error instanceof DuffelError) noteQuota(error.headers);
        throw readError(error);
      }
    });
  }

  function noteQuota(headers: { get(name: string): string | null } | null | undefined): void {
    const limit = Number(headers?.get('ratelimit-limit'));
    const remaining = headers?.get('ratelimit-remaining');
    const resetMs = resetIn(headers?.get('ratelimit-reset'), Date.now());
    if (!limit || !remaining || resetMs === undefined) return;
    const resetAt = Date.now() + resetMs + ROUNDED_MS;
    options.noteQuota?.({ limit, remaining: Number(remaining), resetAt });
  }

  return {
    async search(params) {
      const slices = [leg(params.origin, params.destination, params.departureDate)];
      if (params.returnDate) slices.push(leg(params.destination, params.origin, params.returnDate));
      const response = await read(SEARCH_DEADLINE_MS, () =>
        duffel.offerRequests.create({
          slices,
          passengers: params.passengers.map((passenger) => ({ ...passenger })) as { type: 'adult' }[],
          cabin_class: params.cabin,
          max_connections: MAX_CONNECTIONS as 1,
          return_offers: true,
          supplier_timeout: SUPPLIER_TIMEOUT_MS,
        } as Parameters<typeof duffel.offerRequests.create>[0]),
      );
      const raws: unknown[] = response.data.offers ?? [];
      return { requestId: response.data.id, offers: raws.map((raw) => ({ offer: toOffer(raw), raw })) };
    },

    async offer(offerId) {
      const { data } = await read(READ_DEADLINE_MS, () => duffel.offers.get(offerId));
      return { offer: toOffer(data), raw: data };
    },

    createOrder: (request) =>
      createOrder({ baseUrl, token: options.token, timeoutMs: options.orderTimeoutMs }, request),

    async order(orderId) {
      const { data } = await read(READ_DEADLINE_MS, () => duffel.orders.get(orderId));
      return toOrder(data);
    },

    async ordersOf(offerId) {
      // The SDK's types do not know this filter, which Duffel documents for exactly this purpose.
      const filter = { offer_id: offerId } as Parameters<typeof duffel.orders.list>[0];
      const { data } = await read(READ_DEADLINE_MS, () => duffel.orders.list(filter));
      return data.map(toOrder);
    },

    async ordersSince(since) {
      const found: ListedOrder[] = [];
      for (let after: string | undefined; ; ) {
        const page = await read(READ_DEADLINE_MS, () =>
          duffel.orders.list({ limit: PAGE, ...(after && { after }) }),
        );
        const orders = page.data.map(toListedOrder);
        const recent = orders.filter((order) => order.createdAt >= since);
        found.push(...recent);
        after = page.meta?.after ?? undefined;
        if (!after || recent.length < orders.length) return found;
      }
    },

    async quoteCancellation(orderId) {
      const { data } = await read(READ_DEADLINE_MS, () =>
        duffel.orderCancellations.create({ order_id: orderId }),
      );
      const { id, refund_amount: amount, refund_currency: currency, refund_to } = data;
      const refund = amount && currency ? (parseMoney({ amount, currency }) ?? null) : null;
      return { id, refund, refundTo: refund_to ?? '' };
    },

    async confirmCancellation(cancellationId) {
      try {
        await read(READ_DEADLINE_MS, () => duffel.orderCancellations.confirm(cancellationId));
      } catch (error) {
        if (error instanceof Permanent && error.code === 'already_cancelled') return;
        throw error;
      }
    },

    circuit: circuit.state,
  };
}

const leg = (origin: string, destination: string, departure_date: string) => ({
  origin,
  destination,
  departure_date,
});
