import { AirlineChanges } from '../../sandbox/duffel/airline-changes.ts';
import { Orders } from '../../sandbox/duffel/orders.ts';
import { Prices } from '../../sandbox/duffel/prices.ts';
import { makeOffers } from '../../sandbox/duffel/search.ts';
import type { StoredOffer } from '../../sandbox/duffel/types.ts';
import { testCard } from '../../sandbox/stripe/cards.ts';
import { Payments } from '../../sandbox/stripe/payments.ts';
import { Webhooks } from '../../sandbox/webhooks.ts';
import { World } from '../../sandbox/world.ts';
import type { Money } from '../../src/domain/money.ts';
import type { AccountTroubleStore } from '../../src/ports/storage/account-troubles.ts';
import { type AfterTicket, PLAIN } from '../after-ticket/course.ts';
import { ROUTES, type SimulatedRoute } from '../breadth.ts';
import { type Chance, createChance } from '../chance.ts';
import type { FareMarket } from '../fare-market.ts';
import { createMemoryAccountTroubles } from '../memory/account-troubles.ts';
import type { SurroundingsPlan } from '../surroundings/plan.ts';
import { Unreadable } from '../surroundings/unreadable.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { faresOn, type RouteTemplates } from './fares.ts';

/** The sandbox's airline and card network, in this process and on virtual time: the ledger that tells the truth. */
export interface Vendors {
  readonly world: World;
  readonly webhooks: Webhooks;
  readonly orders: Orders;
  /** What airlines do to orders of their own accord. */
  readonly airline: AirlineChanges;
  /** Trips whose order the airline cancelled. */
  readonly airlineCancelled: Set<string>;
  readonly payments: Payments;
  readonly offers: Map<string, StoredOffer>;
  readonly market: FareMarket;
  /** By offer: the fare of the route that it is an offer of. */
  readonly templateOf: Map<string, StoredOffer>;
  /** Offers that the airline made another fare of, after it had shown them. */
  readonly otherFare: Set<string>;
  /** What the airline changes of its fares is drawn apart, so that a seed's other chances stay. */
  readonly fareChance: Chance;
  /** What the cheapest offer of a route costs now. */
  fare(route: SimulatedRoute): Money;
  readonly refundable: boolean;
  /** What the airline keeps of a refundable fare that is cancelled, in pence. */
  readonly cancelFeeMinor: number;
  /** How much later than by its id an order is to be seen in the lists. */
  readonly listLagMs: number;
  /** Every fare is shown, and none is sold. */
  readonly phantom: boolean;
  /** How long the issuer keeps a hold. */
  readonly authorizationLifeMs: number;
  /** What comes after the ticket of a trip. */
  afterTicketOf(tripId: string): AfterTicket;
  /** Stripe's answers by idempotency key, until it forgets them. */
  readonly answers: Map<string, StoredAnswer>;
  /** Which bodies can't be read now. */
  readonly unreadable: Unreadable;
  /** Ids of what another deployment, or a person in a dashboard, has made on the same accounts. */
  readonly theirs: Set<string>;
  /** Attempts whose order the airline makes only later. */
  readonly lateOrders: Set<string>;
  /** Vendors that refused our account. */
  readonly troubles: AccountTroubleStore;
  /** Saves a test card with a customer, under an id of its own. */
  saveCard(id: string, token: string, customer: string): void;
  /** How often something happened to money or seats. */
  effects: number;
}

export interface StoredAnswer {
  readonly fingerprint: string;
  readonly at: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface VendorSettings {
  readonly seed: number;
  readonly market: FareMarket;
  readonly fare: (route: SimulatedRoute) => Money;
  readonly refundable: boolean;
  readonly cancelFeeMinor: number;
  readonly listLagMs: number;
  readonly phantom: boolean;
  readonly offerTtlMs: number;
  readonly ticketsLateMs: number;
  readonly authorizationLifeMs: number;
  /** Undefined where the trip is none of the scenario's. */
  readonly afterTicketOf: (tripId: string) => AfterTicket | undefined;
  readonly webhooks: { readonly copies: number; readonly shuffleMs: number };
  readonly surroundings: SurroundingsPlan;
  /** Runs a check, and reports the breach that it throws. */
  readonly guard: (check: () => void) => void;
}

export function createVendors(time: VirtualTime, settings: VendorSettings): Vendors {
  const engine = { now: () => time.now, later: (ms: number, run: () => void) => time.after(ms, run) };
  const { offerTtlMs, ticketsLateMs } = settings;
  const world = new World({ appUrl: 'http://parker', offerTtlMs, ticketsLateMs }, engine);
  const webhooks = new Webhooks(world);
  Object.assign(webhooks, settings.webhooks);
  const payments = new Payments(world, webhooks);
  const orders = new Orders(world, webhooks);
  const vendors: Vendors = {
    world,
    webhooks,
    orders,
    airline: new AirlineChanges(orders, world),
    airlineCancelled: new Set(),
    payments,
    saveCard(id, token, customer) {
      const behaviour = testCard(token);
      if (!behaviour) throw new Error(`no test card ${token}`);
      const { brand, last4 } = behaviour;
      payments.methods.set(id, {
        id,
        object: 'payment_method',
        type: 'card',
        card: { brand, last4, exp_month: 12, exp_year: 2034 },
        customer,
        created: payments.unix(),
        card_behaviour: behaviour,
      });
    },
    offers: new Map(),
    market: settings.market,
    templateOf: new Map(),
    otherFare: new Set(),
    fareChance: createChance(settings.seed ^ 0xfa2e),
    fare: settings.fare,
    refundable: settings.refundable,
    cancelFeeMinor: settings.cancelFeeMinor,
    listLagMs: settings.listLagMs,
    phantom: settings.phantom,
    authorizationLifeMs: settings.authorizationLifeMs,
    afterTicketOf: (tripId) => settings.afterTicketOf(tripId) ?? PLAIN,
    answers: new Map(),
    unreadable: new Unreadable(settings.surroundings.unreadable, {
      now: engine.now,
      later: (ms, run) => world.later(ms, run),
      changed: () => {
        vendors.effects += 1;
      },
      guard: settings.guard,
    }),
    theirs: new Set(),
    lateOrders: new Set(),
    troubles: createMemoryAccountTroubles(engine.now),
    effects: 0,
  };
  return vendors;
}

/** The simulated deployment's name on the vendors' objects. */
export const DEPLOYMENT = 'simulated';

/** Rows of a page: few, so that lists have several. */
const PAGE_SIZE = 3;

/** A page of a list whose cursor is the last id of the page before. */
export function pageOf<Row extends { readonly id: string }>(rows: readonly Row[], after: string | null) {
  const start = rows.findIndex(({ id }) => id === after) + 1;
  const page = rows.slice(start, start + PAGE_SIZE);
  return { page, next: rows.length > start + PAGE_SIZE ? (page.at(-1)?.id ?? null) : null };
}

/** The day every simulated trip departs, well after every run's end. */
export const DEPARTURE = '2026-09-14';

export const templates: readonly RouteTemplates[] = await Promise.all(ROUTES.map(makeTemplates));

async function makeTemplates(route: SimulatedRoute): Promise<RouteTemplates> {
  const { origin, destination } = route;
  const search = {
    slices: [{ origin, destination, departure_date: DEPARTURE }],
    passengers: [{ type: 'adult' }],
    cabin: 'economy',
    maxConnections: 1,
  };
  const world = new World();
  const offers = await makeOffers(world, new Prices(world), 'orq_template', search, undefined);
  return { route, offers, fares: offers.slice(0, 1).flatMap(faresOn) };
}
