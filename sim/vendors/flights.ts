import { problem } from '../../sandbox/duffel/errors.ts';
import { orderSchema } from '../../sandbox/duffel/orders.ts';
import { setPrice } from '../../sandbox/duffel/search.ts';
import type { OfferPassenger, Order, StoredOffer } from '../../sandbox/duffel/types.ts';
import { Refusal, type Reply } from '../../sandbox/operation.ts';
import { newId } from '../../sandbox/world.ts';
import { formatMoney, type Money, parseMoney } from '../../src/domain/money.ts';
import type { FareTerms, Offer } from '../../src/domain/offer.ts';
import type { SearchParams } from '../../src/domain/search.ts';
import { Permanent } from '../../src/errors.ts';
import { CancellationRefused, type FlightProvider } from '../../src/ports/flights.ts';
import { asChangeRefusal } from '../../src/providers/duffel/accept-change.ts';
import { orderBody, readOrderAnswer } from '../../src/providers/duffel/create-order.ts';
import { asCancellationRefusal } from '../../src/providers/duffel/errors.ts';
import { toOffer } from '../../src/providers/duffel/normalise.ts';
import { readListedOrder, readOrder, toOrder } from '../../src/providers/duffel/normalise-order.ts';
import { readOffers } from '../../src/providers/duffel/search.ts';
import { type Reading, sortReadings } from '../../src/providers/lenient.ts';
import { prepareQuote, sayLater } from '../after-ticket/airline.ts';
import { changeOnRead, offersOf, type RouteTemplates } from './fares.ts';
import { DEPLOYMENT, pageOf, templates, type Vendors } from './vendors.ts';

const normalised = new Map(
  templates.flatMap(({ offers, fares }) => [...offers, ...fares].map((one) => [one, toOffer(one.offer)])),
);

/** How the answer of one create-order is spoilt; without it the airline does what it is asked. */
export interface OrderSpoil {
  /** Answered without asking the airline, or, if it is `made`, whatever the airline said. */
  readonly reply?: Reply;
  readonly made?: boolean;
  /** The order comes about after this long, though the answer did not say so. */
  readonly lateMs?: number;
  /** There is no order, and a webhook says so after this long. */
  readonly failsMs?: number;
  /** The airline makes two of one request. */
  readonly twice?: boolean;
  /** The answer is lost, and somebody else on our account buys the same offer. */
  readonly stranger?: boolean;
  /** Of the order that was made, the 201 shows the id alone; the order itself can't be read for so long, in ms. */
  readonly unreadableMs?: number;
}

export interface SimulatedFlights extends FlightProvider {
  /** Set right before a createOrder, used up by it. */
  spoil: OrderSpoil | null;
}

/** Duffel over the sandbox's airline: our own normalisers and classifiers, without HTTP. */
export function createFlights(vendors: Vendors): SimulatedFlights {
  const { orders, offers, world, unreadable } = vendors;

  /** @param id drawn for the flights' first fare alone: what other fares there are changes no other chance */
  function makeOffer(
    template: StoredOffer,
    { id, requestId, passengers }: { id: string; requestId: string; passengers: OfferPassenger[] },
  ): StoredOffer {
    const expires_at = new Date(world.now() + world.settings.offerTtlMs).toISOString();
    const fee = cancelFee(template);
    const conditions = {
      ...template.offer.conditions,
      refund_before_departure: {
        allowed: vendors.refundable,
        penalty_amount: formatMoney(fee).amount,
        penalty_currency: fee.currency,
      },
    };
    const offer = { ...template.offer, id, passengers, expires_at, conditions };
    const stored = { ...template, offer, requestId, quotedAt: world.now() };
    quote(stored);
    offers.set(offer.id, stored);
    vendors.templateOf.set(offer.id, template);
    return stored;
  }

  function cancelFee(stored: StoredOffer): Money {
    const { currency, minorPerPenny } = routeOf(stored).route;
    return { minor: vendors.cancelFeeMinor * minorPerPenny, currency };
  }

  function quote(stored: StoredOffer): void {
    const { amount, currency } = formatMoney(vendors.fare(routeOf(stored).route));
    setPrice(stored.offer, amount, currency, stored.factor);
  }

  function asOffer(stored: StoredOffer): Offer {
    const { offer } = stored;
    const template = vendors.templateOf.get(offer.id) as StoredOffer;
    const changed = offer.slices !== template.offer.slices;
    const shown = changed ? toOffer(offer) : (normalised.get(template) as Offer);
    const price = parseMoney({ amount: offer.total_amount, currency: offer.total_currency }) as Money;
    const { id: offerId, expires_at: expiresAt, passengers } = offer;
    const { refundable } = vendors;
    const refund = { allowed: refundable, fee: refundable ? cancelFee(stored) : null };
    const terms = { ...(shown.terms as FareTerms), refund };
    return { ...shown, offerId, expiresAt, passengers, price, refundable, terms };
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

  /** The same of a cancellation. */
  function cancelling<T>(ask: () => T): T {
    try {
      return asked(ask);
    } catch (error) {
      return asCancellationRefusal(error);
    }
  }

  /** Orders as our adapter reads those of a list. */
  function rowsOf<Row>(raws: readonly Order[], read: (raw: unknown, deployment: string) => Reading<Row>) {
    const shown = unreadable.rows('order', raws);
    const readings = shown.bodies.map((raw) => read(raw, DEPLOYMENT));
    const sorted = sortReadings(readings, 'order', () => undefined);
    unreadable.check('orders', shown, sorted);
    return sorted;
  }

  /** The offers of a search that our adapter can read. */
  function readable(made: readonly StoredOffer[]): readonly StoredOffer[] {
    const shown = unreadable.offers(made.map(({ offer }) => offer));
    if (!shown) return made;
    const read = readOffers(shown.bodies, () => undefined);
    unreadable.check('offers', shown, read);
    const ids = new Set(read.rows.map(({ offer }) => offer.offerId));
    return made.filter(({ offer }) => ids.has(offer.id));
  }

  /** Lists show an order later than its webhook names it. */
  const isListed = ({ created_at }: Order): boolean =>
    world.now() - Date.parse(created_at) >= vendors.listLagMs;

  function find(offerId: string): StoredOffer {
    const stored = offers.get(offerId);
    if (!stored) throw new Permanent('not_found', 'no such offer');
    return stored;
  }

  const flights: SimulatedFlights = {
    spoil: null,
    async search({ origin, destination, passengers: wanted }) {
      const requestId = newId('orq');
      const route = routeBetween(origin, destination);
      let first = '';
      const made = offersOf(route, vendors.market).map((template) => {
        const id = route.fares.includes(template)
          ? `${first}_${route.fares.indexOf(template)}`
          : newId('off');
        first ||= id;
        return makeOffer(template, { id, requestId, passengers: wanted.map(toOfferPassenger) });
      });
      return { requestId, offers: readable(made).map((stored) => ({ offer: asOffer(stored), raw: null })) };
    },
    async offer(offerId) {
      const stored = find(offerId);
      if (Date.parse(stored.offer.expires_at) <= world.now())
        throw new Permanent('offer_no_longer_available', 'Duffel refused');
      quote(stored);
      const { market, fareChance } = vendors;
      if (
        market.changeRate > 0 &&
        fareChance.hits(market.changeRate) &&
        changeOnRead(stored, fareChance, market)
      )
        vendors.otherFare.add(offerId);
      return { offer: asOffer(stored), raw: null };
    },
    async createOrder(request) {
      const { spoil } = flights;
      flights.spoil = null;
      const truth = spoil?.reply && !spoil.made ? spoil.reply : order(request, spoil);
      const { status, body, headers } = spoil?.reply ?? truth;
      return readOrderAnswer({ status, body, reset: headers?.['ratelimit-reset'] ?? null }, DEPLOYMENT);
    },
    order: async (orderId) =>
      asked(() => toOrder(unreadable.byId('order', orders.find(orderId)), DEPLOYMENT)),
    ordersOf: async (offerId) =>
      rowsOf(
        [...orders.all.values()].filter((order) => order.offer_id === offerId && isListed(order)),
        readOrder,
      ),
    ordersSince: async (since, after) => {
      const recent = [...orders.all.values()]
        .filter((order) => Date.parse(order.created_at) >= since.getTime() && isListed(order))
        .reverse();
      const { page, next } = pageOf(recent, after);
      return { ...rowsOf(page, readListedOrder), next };
    },
    quoteCancellation: async (orderId) =>
      cancelling(() => {
        const order = orders.find(orderId);
        prepareQuote(vendors, order);
        const quoted = orders.quoteCancellation(order, false);
        const { refund_amount: amount, refund_currency: currency } = quoted;
        const refund = amount === null ? null : (parseMoney({ amount, currency }) ?? null);
        return { id: quoted.id, refund, refundTo: quoted.refund_to };
      }),
    async confirmCancellation(id) {
      try {
        cancelling(() => orders.confirmCancellation(id));
        vendors.effects += 1;
        sayLater(vendors, id);
      } catch (error) {
        if (!(error instanceof CancellationRefused && error.refusal === 'already_cancelled')) throw error;
      }
    },
    // Read as our adapter reads Duffel's: only the latest is taken.
    acceptChange: async (changeId) => {
      try {
        asked(() => vendors.airline.accept(changeId));
        vendors.effects += 1;
      } catch (error) {
        return asChangeRefusal(error);
      }
    },
  };
  return flights;

  /** As the sandbox's POST /air/orders. */
  function order(request: Parameters<FlightProvider['createOrder']>[0], spoil: OrderSpoil | null): Reply {
    try {
      const wanted = orderSchema.parse(orderBody(request, DEPLOYMENT));
      const stored = find(wanted.selected_offers[0] as string);
      const requestBooked = [...orders.all.values()].some(
        ({ offer_id }) => offers.get(offer_id)?.requestId === stored.requestId,
      );
      if (vendors.phantom) return problem(422, 'invalid_state_error', 'offer_no_longer_available', 'Gone.');
      quote(stored);
      orders.check(wanted, stored, requestBooked);
      const create = (): Order => {
        vendors.effects += 1;
        return orders.create(wanted, stored);
      };
      if (spoil?.lateMs !== undefined) {
        orders.attempted.add(stored.offer.id);
        const { attempt_id = '' } = wanted.metadata;
        vendors.lateOrders.add(attempt_id);
        world.later(spoil.lateMs, () => {
          vendors.lateOrders.delete(attempt_id);
          create();
        });
        return { status: 202, body: { data: { offer_id: stored.offer.id } } };
      }
      if (spoil?.failsMs !== undefined) {
        const { id } = stored.offer;
        world.later(spoil.failsMs, () => orders.event('order.creation_failed', { offer_id: id }));
        return { status: 202, body: { data: { offer_id: id } } };
      }
      if (spoil?.stranger) {
        orders.create({ ...wanted, metadata: {} }, stored);
        return { status: 202, body: { data: {} } };
      }
      if (spoil?.twice) create();
      const made = create();
      const ms = spoil?.unreadableMs;
      return {
        status: 201,
        body: { data: ms === undefined ? unreadable.answer(made) : unreadable.answerWithId(made, ms) },
      };
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      throw error;
    }
  }
}

/** @throws when no flight serves the route */
function routeBetween(origin: string, destination: string): RouteTemplates {
  const found = templates.find(({ route }) => route.origin === origin && route.destination === destination);
  if (!found) throw new Error(`no route from ${origin} to ${destination}`);
  return found;
}

const routeOf = ({ slices }: StoredOffer): RouteTemplates =>
  routeBetween(slices[0]?.origin ?? '', slices[0]?.destination ?? '');

function toOfferPassenger(wanted: SearchParams['passengers'][number]): OfferPassenger {
  const age = 'age' in wanted ? wanted.age : null;
  const type = age === null ? 'adult' : age < 2 ? 'infant_without_seat' : 'child';
  return {
    id: newId('pas'),
    type,
    age,
    given_name: null,
    family_name: null,
    loyalty_programme_accounts: [],
  };
}
