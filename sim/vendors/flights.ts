import { orderSchema } from '../../sandbox/duffel/orders.ts';
import { setPrice } from '../../sandbox/duffel/search.ts';
import type { Order, StoredOffer } from '../../sandbox/duffel/types.ts';
import { Refusal, type Reply } from '../../sandbox/operation.ts';
import { newId } from '../../sandbox/world.ts';
import { formatMoney, type Money, parseMoney } from '../../src/domain/money.ts';
import type { Offer } from '../../src/domain/offer.ts';
import { Permanent } from '../../src/errors.ts';
import { orderBody, readOrderAnswer } from '../../src/providers/duffel/create-order.ts';
import type { FlightProvider } from '../../src/providers/duffel/index.ts';
import { toListedOrder, toOffer, toOrder } from '../../src/providers/duffel/normalize.ts';
import { templates, type Vendors } from './vendors.ts';

/** As many as tell a choice from luck. */
const OFFERS = 3;
const normalised = templates.slice(0, OFFERS).map(({ offer }) => toOffer(offer));

/** How the answer of one create-order is spoilt; without it the airline does what it is asked. */
export interface OrderSpoil {
  /** Answered without asking the airline, or, if it is `made`, whatever the airline said. */
  readonly reply?: Reply;
  readonly made?: boolean;
  /** The order comes about after this long, though the answer did not say so. */
  readonly lateMs?: number;
  /** The airline makes two of one request. */
  readonly twice?: boolean;
  /** The answer is lost, and somebody else on our account buys the same offer. */
  readonly stranger?: boolean;
}

export interface SimulatedFlights extends Omit<FlightProvider, 'circuit'> {
  /** Set right before a createOrder, used up by it. */
  spoil: OrderSpoil | null;
}

/** Duffel over the sandbox's airline: our own normalisers and classifiers, without HTTP. */
export function createFlights(vendors: Vendors): SimulatedFlights {
  const { orders, offers, world } = vendors;

  function makeOffer(template: StoredOffer, requestId: string): StoredOffer {
    const passengers = [{ id: newId('pas'), type: 'adult', age: null }];
    const expires_at = new Date(world.now() + world.settings.offerTtlMs).toISOString();
    const conditions = {
      ...template.offer.conditions,
      refund_before_departure: {
        allowed: vendors.refundable,
        penalty_amount: '0.00',
        penalty_currency: 'GBP',
      },
    };
    const offer = { ...template.offer, id: newId('off'), passengers, expires_at, conditions };
    const stored = { ...template, offer, requestId, quotedAt: world.now() };
    quote(stored);
    offers.set(offer.id, stored);
    return stored;
  }

  function quote({ offer, factor }: StoredOffer): void {
    const { amount, currency } = formatMoney(vendors.fare());
    setPrice(offer, amount, currency, factor);
  }

  function asOffer({ offer }: StoredOffer): Offer {
    const template =
      normalised[templates.findIndex((one) => one.offer.owner === offer.owner)] ?? normalised[0];
    const price = parseMoney({ amount: offer.total_amount, currency: offer.total_currency }) as Money;
    const { id: offerId, expires_at: expiresAt, passengers } = offer;
    return { ...(template as Offer), offerId, expiresAt, passengers, price, refundable: vendors.refundable };
  }

  /** The sandbox's refusals, read as our provider reads Duffel's. */
  function asked<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { errors } = error.reply.body as { errors: [{ code: string }] };
      throw new Permanent(errors[0].code, `Duffel refused: ${errors[0].code}`);
    }
  }

  function find(offerId: string): StoredOffer {
    const stored = offers.get(offerId);
    if (!stored) throw new Permanent('not_found', 'no such offer');
    return stored;
  }

  const flights: SimulatedFlights = {
    spoil: null,
    async search() {
      const requestId = newId('orq');
      const made = templates.slice(0, OFFERS).map((template) => makeOffer(template, requestId));
      return { requestId, offers: made.map((stored) => ({ offer: asOffer(stored), raw: null })) };
    },
    async offer(offerId) {
      const stored = find(offerId);
      if (Date.parse(stored.offer.expires_at) <= world.now())
        throw new Permanent('offer_no_longer_available', 'Duffel refused');
      quote(stored);
      return { offer: asOffer(stored), raw: null };
    },
    async createOrder(request) {
      const { spoil } = flights;
      flights.spoil = null;
      const truth = spoil?.reply && !spoil.made ? spoil.reply : order(request, spoil);
      const { status, body, headers } = spoil?.reply ?? truth;
      return readOrderAnswer(status, body, headers?.['ratelimit-reset'] ?? null);
    },
    order: async (orderId) => asked(() => toOrder(orders.find(orderId))),
    ordersOf: async (offerId) =>
      [...orders.all.values()].filter(({ offer_id }) => offer_id === offerId).map(toOrder),
    ordersSince: async (since) =>
      [...orders.all.values()]
        .filter(({ created_at }) => Date.parse(created_at) >= since.getTime())
        .map(toListedOrder),
    quoteCancellation: async (orderId) =>
      asked(() => {
        const quoted = orders.quoteCancellation(orders.find(orderId), false);
        const { refund_amount: amount, refund_currency: currency } = quoted;
        const refund = amount === null ? null : (parseMoney({ amount, currency }) ?? null);
        return { id: quoted.id, refund, refundTo: quoted.refund_to };
      }),
    confirmCancellation: async (id) =>
      asked(() => {
        orders.confirmCancellation(id);
        vendors.effects += 1;
      }),
  };
  return flights;

  /** As the sandbox's POST /air/orders. */
  function order(request: Parameters<FlightProvider['createOrder']>[0], spoil: OrderSpoil | null): Reply {
    try {
      const wanted = orderSchema.parse(orderBody(request));
      const stored = find(wanted.selected_offers[0] as string);
      const requestBooked = [...orders.all.values()].some(
        ({ offer_id }) => offers.get(offer_id)?.requestId === stored.requestId,
      );
      quote(stored);
      orders.check(wanted, stored, requestBooked);
      const create = (): Order => {
        vendors.effects += 1;
        return orders.create(wanted, stored);
      };
      if (spoil?.lateMs !== undefined) {
        orders.attempted.add(stored.offer.id);
        world.later(spoil.lateMs, create);
        return { status: 202, body: { data: { offer_id: stored.offer.id } } };
      }
      if (spoil?.stranger) {
        orders.create({ ...wanted, metadata: {} }, stored);
        return { status: 202, body: { data: {} } };
      }
      if (spoil?.twice) create();
      return { status: 201, body: { data: create() } };
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      throw error;
    }
  }
}
