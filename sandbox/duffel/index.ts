import express, { type Request, Router } from 'express';
import { z } from 'zod';
import type { Faults } from '../faults.ts';
import { operation, type Reply } from '../operation.ts';
import type { Webhooks } from '../webhooks.ts';
import { newId, type World } from '../world.ts';
import { AirlineChanges } from './airline-changes.ts';
import { problem, refuse } from './errors.ts';
import { Fares } from './fares.ts';
import { authenticate, limitRate } from './guard.ts';
import { magicOf } from './magic.ts';
import { listOrders, pageOf } from './order-list.ts';
import { Orders, orderSchema } from './orders.ts';
import { parse } from './parse.ts';
import { checkSearchPassengers, searchPassengerSchema } from './passengers.ts';
import { Prices } from './prices.ts';
import { makeOffers, setPrice } from './search.ts';
import type { Order, StoredOffer } from './types.ts';

const searchSchema = z.object({
  slices: z
    .array(
      z.looseObject({
        origin: z.string().length(3),
        destination: z.string().length(3),
        departure_date: z.iso.date(),
      }),
    )
    .min(1),
  passengers: z.array(searchPassengerSchema).min(1).max(9),
  cabin_class: z.string().default('economy'),
  max_connections: z.number().int().min(0).max(2).default(1),
});

const updateSchema = z.object({ action_taken: z.enum(['accepted', 'cancelled', 'changed']) });

/** How much dearer each read of a price-rises offer gets. */
const RISE_PER_READ = 1.1;

export interface Duffel {
  router: Router;
  orders: Orders;
  /** What airlines do to orders of their own accord. */
  airline: AirlineChanges;
  prices: Prices;
  fares: Fares;
  offers: Map<string, StoredOffer>;
  /** Routes, such as `LHR-NRT`, whose airlines want a document of each passenger, with the types that they take. */
  documentRoutes: Map<string, string[]>;
  /** Seats left by route, such as `LHR-JFK`; a route that is not named has enough. */
  seats: Map<string, number>;
}

/** Duffel's API v2 as far as a booking engine meets it; shapes and refusals follow the public documentation. */
export function duffel(world: World, faults: Faults, webhooks: Webhooks): Duffel {
  const prices = new Prices(world);
  const fares = new Fares();
  const offers = new Map<string, StoredOffer>();
  const orders = new Orders(world, webhooks);
  const airline = new AirlineChanges(orders, world);
  const seats = new Map<string, number>();
  const documentRoutes = new Map<string, string[]>();
  const op = operation(world, faults);
  const router = Router();
  router.use(express.json({ limit: '1mb' }));
  router.use(authenticate, limitRate(world));

  router.post(
    ['/air/offer_requests', '/air/offer_requests/'],
    op('duffel.offer_requests.create', async (req) => {
      const search = parse(searchSchema, req);
      checkSearchPassengers(search.passengers);
      const magic = magicOf(search.slices);
      if (magic === 'search_timeout')
        return problem(504, 'api_error', 'gateway_timeout_error', 'The airline did not answer in time.');
      const id = newId('orq');
      const made = await makeOffers(
        world,
        prices,
        id,
        { ...search, cabin: search.cabin_class, maxConnections: search.max_connections },
        magic,
      );
      if (seats.get(routeOf(search.slices)) === 0) made.length = 0;
      const documents = documentRoutes.get(routeOf(search.slices));
      const sold = made.filter(({ offer }) => fares.isSold(offer));
      for (const stored of sold) {
        stored.offer.passenger_identity_documents_required = documents !== undefined;
        if (documents) stored.offer.supported_passenger_identity_document_types = documents;
        offers.set(stored.offer.id, stored);
      }
      const { slices, passengers, cabin_class } = search;
      return created({
        id,
        live_mode: false,
        created_at: world.nowIso(),
        slices,
        passengers,
        cabin_class,
        offers: req.query.return_offers === 'false' ? undefined : sold.map((stored) => stored.offer),
      });
    }),
  );

  router.get(
    '/air/offers',
    op('duffel.offers.list', (req) => {
      const { offer_request_id } = req.query;
      const own = [...offers.values()].filter((stored) => stored.requestId === offer_request_id);
      return ok(own.map((stored) => stored.offer));
    }),
  );

  router.get(
    '/air/offers/:id',
    op('duffel.offers.get', (req) => {
      const stored = findOffer(req.params.id as string);
      const gone =
        stored.magic === 'offer_gone_on_read' || Date.parse(stored.offer.expires_at) <= world.now();
      if (gone)
        refuse(422, 'airline_error', 'offer_no_longer_available', 'The offer is no longer available.');
      requote(stored);
      fares.read(stored.offer);
      if (stored.magic === 'price_rises_on_read')
        setPrice(stored.offer, stored.offer.total_amount, stored.offer.total_currency, RISE_PER_READ);
      if (req.query.return_available_services !== 'true') return ok(stored.offer);
      return ok({ ...stored.offer, available_services: servicesOf(stored) });
    }),
  );

  router.post(
    '/air/orders',
    op('duffel.orders.create', (req) => createOrder(req)),
  );

  router.get(
    '/air/orders',
    op('duffel.orders.list', (req) => listOrders(req, [...orders.all.values()].map(orders.shown), world)),
  );

  router.get(
    '/air/orders/:id',
    op('duffel.orders.get', (req) => ok(orders.read(req.params.id as string))),
  );

  router.get(
    '/air/airline_initiated_changes',
    op('duffel.airline_initiated_changes.list', (req) => {
      const order = orders.find(String(req.query.order_id));
      // On its magic route the airline changes its mind each time somebody asks.
      if (offers.get(order.offer_id)?.magic === 'airline_changes') airline.change(order);
      return ok(order.airline_initiated_changes);
    }),
  );

  router.post(
    '/air/airline_initiated_changes/:id/actions/accept',
    op('duffel.airline_initiated_changes.accept', (req) => ok(airline.accept(req.params.id as string))),
  );

  router.patch(
    '/air/airline_initiated_changes/:id',
    op('duffel.airline_initiated_changes.update', (req) =>
      ok(airline.update(req.params.id as string, parse(updateSchema, req).action_taken)),
    ),
  );

  router.post(
    '/air/payments',
    op('duffel.payments.create', (req) => {
      const { order_id, payment } = req.body?.data ?? {};
      orders.pay(orders.find(order_id), payment ?? {});
      return created({ id: newId('pay'), order_id, ...payment, created_at: world.nowIso() });
    }),
  );

  router.post(
    '/air/order_cancellations',
    op('duffel.order_cancellations.create', (req) => {
      const order = orders.find(req.body?.data?.order_id);
      return created(
        orders.quoteCancellation(order, offers.get(order.offer_id)?.magic === 'airline_credits'),
      );
    }),
  );

  router.post(
    '/air/order_cancellations/:id/actions/confirm',
    op('duffel.order_cancellations.confirm', (req) =>
      ok(orders.confirmCancellation(req.params.id as string)),
    ),
  );

  router.get(
    '/air/order_cancellations',
    op('duffel.order_cancellations.list', ({ query }) => {
      const { order_id } = query;
      const found = orders.cancellations.filter((one) => !order_id || one.order_id === order_id);
      return pageOf(query, found.toReversed());
    }),
  );

  router.get(
    '/air/order_cancellations/:id',
    op('duffel.order_cancellations.get', (req) => {
      const quote = orders.cancellations.find((one) => one.id === req.params.id);
      return quote ? ok(quote) : problem(404, 'invalid_request_error', 'not_found', 'No such cancellation.');
    }),
  );

  router.use((_req, res) => {
    const { status, body } = problem(404, 'invalid_request_error', 'not_found', 'No such resource.');
    res.status(status).json(body);
  });

  function findOffer(id: string): StoredOffer {
    return offers.get(id) ?? refuse(404, 'invalid_request_error', 'not_found', `No offer ${id}.`);
  }

  /** The last seat goes to whoever comes first. */
  function takeSeat(route: string): void {
    const left = seats.get(route);
    if (left === undefined) return;
    if (left === 0) refuse(422, 'airline_error', 'offer_no_longer_available', 'The last seat is sold.');
    seats.set(route, left - 1);
  }

  /** A price pinned after the quote is what the airline asks from then on. */
  function requote(stored: StoredOffer): void {
    const [first] = stored.slices;
    const pinned = first && prices.pinned(first.origin, first.destination);
    if (!pinned || pinned.pinnedAt <= stored.quotedAt) return;
    setPrice(stored.offer, pinned.amount, pinned.currency, stored.factor);
    stored.quotedAt = world.now();
  }

  function createOrder(req: Request): Reply {
    const request = parse(orderSchema, req);
    const stored = findOffer(request.selected_offers[0] as string);
    requote(stored);
    orders.check(request, stored, orders.bookedRequests.has(stored.requestId));
    takeSeat(routeOf(stored.slices));
    const { magic, offer } = stored;
    const late = () => world.later(world.settings.lateOrderMs, () => orders.create(request, stored));
    switch (magic) {
      case 'airline_unknown':
        orders.attempted.add(offer.id);
        return problem(502, 'airline_error', 'airline_unknown', 'The airline answered something unknown.');
      case 'insufficient_balance':
        return problem(422, 'invalid_state_error', 'insufficient_balance', 'Top up your balance.');
      case 'order_200':
        orders.attempted.add(offer.id);
        late();
        return { status: 200, body: { data: { id: null, offer_id: offer.id }, meta: { status: 200 } } };
      case 'order_202':
        orders.attempted.add(offer.id);
        late();
        return { status: 202, body: { data: { offer_id: offer.id } } };
      case 'order_202_fails':
        orders.attempted.add(offer.id);
        world.later(world.settings.lateOrderMs, () =>
          orders.event('order.creation_failed', { offer_id: offer.id }),
        );
        return { status: 202, body: { data: { offer_id: offer.id } } };
      default:
        return created(orders.create(request, stored) satisfies Order);
    }
  }

  return { router, orders, airline, prices, fares, offers, seats, documentRoutes };
}

/** Extras sold with an offer: a bag for each passenger, but on the magic route without any. */
function servicesOf({ offer, magic }: StoredOffer): object[] {
  if (magic === 'no_services') return [];
  return offer.passengers.map(({ id }) => ({
    id: newId('ase'),
    type: 'baggage',
    maximum_quantity: 1,
    passenger_ids: [id],
    segment_ids: offer.slices.flatMap((slice) => slice.segments.map((segment) => segment.id)),
    total_amount: '30.00',
    total_currency: offer.total_currency,
    metadata: { type: 'checked', maximum_weight_kg: 23 },
  }));
}

const routeOf = ([first]: readonly { origin: string; destination: string }[]): string =>
  `${first?.origin}-${first?.destination}`;

const ok = (data: unknown): Reply => ({ status: 200, body: { data } });
const created = (data: unknown): Reply => ({ status: 201, body: { data } });
