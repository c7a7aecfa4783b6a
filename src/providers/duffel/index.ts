import { AccountTrouble } from '../../errors.ts';
import type { Seller } from '../../ports/flights.ts';
import type { NoteUnreadable } from '../lenient.ts';
import { acceptChange } from './accept-change.ts';
import { confirmCancellation, quoteCancellation } from './cancel-order.ts';
import { createDuffelClient, type DuffelOptions } from './client.ts';
import { createOrder } from './create-order.ts';
import { listOrdersOf, listOrdersSince } from './list-orders.ts';
import { toOffer } from './normalise.ts';
import { toOrder } from './normalise-order.ts';
import { search } from './search.ts';
import { createDuffelWebhooks } from './webhook.ts';

const READ_DEADLINE_MS = 15_000;

export interface DuffelSellerOptions extends DuffelOptions {
  /** How long create-order may take, in ms; at least 130 000 in production. */
  readonly orderTimeoutMs: number;
  /** The signing secret of its webhooks. */
  readonly webhookSecret: string;
  /** Our name on the orders of the account. */
  readonly deployment: string;
  readonly noteUnreadable?: NoteUnreadable;
}

/** How Duffel's ids of offers, orders, cancellations and changes begin. */
const OWN_ID = /^(off|ord|ore|aic)_/;

/** Duffel, as a seller of flights. */
export function createDuffel(options: DuffelSellerOptions): Seller {
  const { token, orderTimeoutMs, webhookSecret, deployment, noteUnreadable = () => undefined } = options;
  const lists = { deployment, noteUnreadable };
  const client = createDuffelClient(options);
  const { baseUrl } = client;
  return {
    name: 'duffel',
    live: token.startsWith('duffel_live_'),
    owns: (id) => OWN_ID.test(id),
    circuit: client.circuit,
    webhooks: createDuffelWebhooks(webhookSecret),
    flights: {
      search: (params, flyers) => search(client, params, noteUnreadable, flyers),
      async offer(offerId) {
        const { data } = await client.call(READ_DEADLINE_MS, (sdk) => sdk.offers.get(offerId));
        return { offer: toOffer(data), raw: data };
      },
      async createOrder(request) {
        try {
          return await createOrder({ baseUrl, token, timeoutMs: orderTimeoutMs, deployment }, request);
        } catch (error) {
          if (error instanceof AccountTrouble) options.noteTrouble?.(error);
          throw error;
        }
      },
      async order(orderId) {
        const { data } = await client.call(READ_DEADLINE_MS, (sdk) => sdk.orders.get(orderId));
        return toOrder(data, deployment);
      },
      ordersOf: (offerId) => listOrdersOf(client, lists, offerId),
      ordersSince: (since, after) => listOrdersSince(client, lists, since, after),
      quoteCancellation: (orderId) => quoteCancellation(client, orderId),
      confirmCancellation: (cancellationId) => confirmCancellation(client, cancellationId),
      acceptChange: (changeId) => acceptChange(client, changeId),
    },
  };
}
