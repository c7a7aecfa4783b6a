import type { Order } from '../../sandbox/duffel/types.ts';
import { viewChange } from '../../src/services/bookings/change-view.ts';
import { demand } from '../breach.ts';
import type { BookingRow, Tables } from '../memory/tables.ts';
import type { Vendors } from '../vendors/vendors.ts';

interface World {
  readonly tables: Tables;
  readonly vendors: Vendors;
}

const HOUR_MS = 3_600_000;
/** Orders of flights that are months away are read once a day; tickets that are missing, once an hour. */
const HEARD_WITHIN_MS = 27 * HOUR_MS;
const TICKETS_WITHIN_MS = 4 * HOUR_MS;

/** Orders whose state at the airline is mailed once it is known here: the booking stands, and nobody is cancelling it. */
function* followed({ tables, vendors }: World): Generator<readonly [BookingRow, Order]> {
  for (const booking of tables.bookings.values()) {
    const order = vendors.orders.all.get(booking.orderId);
    const cancelling = [...tables.cancellations.values()].some(
      ({ bookingId, status }) => bookingId === booking.id && status !== 'REFUSED',
    );
    if (order && booking.status === 'CONFIRMED' && !cancelling) yield [booking, order];
  }
}

const ticketsOf = ({ documents }: Order): string[] =>
  documents
    .filter(({ type }) => type === 'electronic_ticket')
    .map(({ unique_identifier }) => unique_identifier);

const firstDeparture = (slices: readonly { segments: readonly { departing_at: string }[] }[]) =>
  slices[0]?.segments[0]?.departing_at.slice(0, 19);

/** What the airline's books say and ours do not; undefined when nothing is missing. */
function missing({ tables }: World, booking: BookingRow, order: Order) {
  if (order.cancelled_at)
    return { what: 'that the airline cancelled', since: Date.parse(order.cancelled_at) };
  const latest = order.airline_initiated_changes.at(-1);
  const known = [...tables.orderChanges.values()].some(({ changeId }) => changeId === latest?.id);
  if (latest && !known) return { what: 'the latest change', since: Date.parse(latest.created_at) };
  const complete = ticketsOf(order).length >= order.passengers.length;
  if (complete && booking.ticketNumbers.length === 0)
    return { what: 'the tickets', since: Number.POSITIVE_INFINITY };
  return undefined;
}

/** Whether the airline's books say what ours do not: no run ends before. */
export const airlineUnheard = (world: World): boolean =>
  [...followed(world)].some(([booking, order]) => missing(world, booking, order) !== undefined);

/** When tickets of an order were first seen to be complete at the airline and missing here. */
export type TicketsSeen = Map<string, number>;

/** R8: within a bound the traveller has been mailed what the airline's books say, whether or not a webhook came; each thing once. */
export function airlineHeard(world: World, now: number, seen: TicketsSeen): void {
  for (const [booking, order] of followed(world)) {
    const news = missing(world, booking, order);
    if (!news) continue;
    const tickets = !Number.isFinite(news.since);
    if (tickets && !seen.has(order.id)) seen.set(order.id, now);
    const late = now - (tickets ? (seen.get(order.id) as number) : news.since);
    const bound = tickets ? TICKETS_WITHIN_MS : HEARD_WITHIN_MS;
    demand(late < bound, 'R8', () => `the traveller has not heard ${news.what} for ${late} ms`);
  }
}

/** R8 and R9, once nothing moves any more. */
export function airlineAtRest(world: World): void {
  const { tables, vendors } = world;
  const keys = [...tables.notifications.keys()];
  for (const [booking, order] of followed(world)) {
    const news = missing(world, booking, order);
    demand(!news, 'R8', () => `the traveller has not heard ${news?.what}`);
    shownAsFlown(booking, order);
  }
  for (const booking of tables.bookings.values()) {
    const order = vendors.orders.all.get(booking.orderId);
    if (!order) continue;
    const mailed = keys.filter(
      (key) => key.startsWith(`flights_changed:${booking.id}:`) && !/refused$/.test(key),
    );
    const made = order.airline_initiated_changes.length;
    demand(mailed.length <= made, 'R8', () => `${mailed.length} mails about ${made} changes`);
    const asked = vendors.airlineCancelled.has(booking.tripId) && askedByAirline(tables, booking);
    const gone = keys.includes(`airline_cancelled:${booking.id}`);
    demand(!asked || gone, 'R8', () => 'the airline cancelled, and no mail says so');
    acceptedTruly(tables, booking, order);
  }
}

const askedByAirline = ({ cancellations }: Tables, { id }: BookingRow): boolean =>
  [...cancellations.values()].some(
    ({ bookingId, requestedBy }) => bookingId === id && requestedBy === 'airline',
  );

/** The booking has the flights of the airline's books. */
function shownAsFlown({ itinerary }: BookingRow, { slices }: Order): void {
  const flown = firstDeparture(slices);
  const shown = itinerary[0]?.segments[0]?.departingAtLocal;
  demand(
    flown === undefined || flown === shown,
    'R8',
    () => `a flight leaves at ${flown}, and ${shown} is shown`,
  );
}

/** R9: what the airline has accepted, or works on, is not shown as refused; what is shown as accepted was. */
function acceptedTruly({ orderChanges }: Tables, { id }: BookingRow, order: Order): void {
  for (const change of orderChanges.values()) {
    const truth = order.airline_initiated_changes.find((one) => one.id === change.changeId);
    if (change.bookingId !== id || !truth) continue;
    const { state } = viewChange(change);
    const taken = truth.action_taken === 'accepted' || truth.travel_agent_ticket !== null;
    demand(!(taken && state === 'needs_person'), 'R9', () => 'an accepted change is shown as refused');
    demand(
      state !== 'accepted' || truth.action_taken === 'accepted',
      'R9',
      () => 'a change is shown as accepted',
    );
  }
}
