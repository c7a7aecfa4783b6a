import type { Attempt, OrderFacts } from '../../domain/attempt.ts';
import { moneyText } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { codeOf, Permanent } from '../../errors.ts';
import type { FoundOrder, MadeOrder } from '../../ports/flights.ts';
import type { UnreadableRow } from '../../ports/vendor-list.ts';
import type { BookingStepPorts } from './ports.ts';

/**
 * The orders of the attempt's offer: those that the seller lists, and those that it named before (in a webhook, or in an
 * answer or a row that could not be read), read by id. A list that does not show an order yet proves nothing.
 * @returns `unseen`: there is an order that can not be read
 */
export async function findOrders(
  ports: BookingStepPorts,
  attempt: Attempt,
): Promise<{ orders: readonly FoundOrder[]; unseen: boolean }> {
  const { rows: listed, unreadable } = await ports.flights.ordersOf((attempt.offer as Offer).offerId);
  const seen = new Set(listed.map(({ facts }) => facts.orderId));
  const named = await readNamed(ports, attempt, seen, unreadable);
  const nameless = unreadable.some(({ id }) => id === null);
  return { orders: [...listed, ...named.orders].filter(notTheirs), unseen: named.unseen || nameless };
}

/** A live order of the attempt that the seller named, other than the one it has, whatever its lists show. */
export async function findNamedOrder(
  ports: BookingStepPorts,
  attempt: Attempt,
): Promise<FoundOrder | undefined> {
  const known = new Set(attempt.order ? [attempt.order.orderId] : []);
  const { orders } = await readNamed(ports, attempt, known);
  return orders.find((order) => isLiveOf(attempt, order));
}

/** A copy of our tables knows our attempts, too: what another deployment made is none of ours, whatever attempt it names. */
const notTheirs = ({ madeBy }: FoundOrder): boolean => madeBy !== 'another_deployment';

const isLiveOf = ({ id }: Attempt, order: FoundOrder): boolean =>
  order.attemptId === id && !order.cancelled && notTheirs(order);

async function readNamed(
  { flights, session }: BookingStepPorts,
  { hintedOrderIds }: Attempt,
  seen: ReadonlySet<string>,
  unreadable: readonly UnreadableRow[] = [],
): Promise<{ orders: FoundOrder[]; unseen: boolean }> {
  const ids = [...hintedOrderIds, session.findIntent('order')?.orderId, ...unreadable.map(({ id }) => id)];
  const named = new Set(ids.filter((id) => id != null));
  const orders: FoundOrder[] = [];
  let unseen = false;
  for (const orderId of named) {
    if (seen.has(orderId)) continue;
    try {
      orders.push(await flights.order(orderId));
    } catch (error) {
      // A seller that is down says nothing of the order.
      if (!(error instanceof Permanent) && codeOf(error) !== 'unreadable_order') throw error;
      unseen = true;
    }
  }
  return { orders, unseen };
}

/**
 * The attempt's live order of an offer, if the seller shows one. `unreadable`: there is an order of the offer that can't be
 * read, so its owner is unknown.
 */
export async function findOwnOrder(
  { flights }: BookingStepPorts,
  attempt: Attempt,
  { offerId }: Offer,
): Promise<FoundOrder | 'unreadable' | undefined> {
  const { rows, unreadable } = await flights.ordersOf(offerId);
  const own = rows.find((order) => isLiveOf(attempt, order));
  return own ?? (unreadable.length > 0 ? 'unreadable' : undefined);
}

/** What closes the order step, whether its answer came or the order was found later. */
export function orderMade(made: OrderFacts | MadeOrder, type: 'order.created' | 'order.adopted') {
  const { orderId, bookingReference, total, ticketNumbers, passengerIds } = made;
  const facts: OrderFacts = {
    orderId,
    bookingReference,
    total,
    ticketNumbers,
    ...(passengerIds && { passengerIds }),
  };
  const answer = 'answer' in made && { answer: made.answer };
  return {
    patch: { order: facts },
    recorded: { step: 'order' as const, outcome: 'created', result: { orderId, ...answer } },
    events: [{ type, detail: { orderId, bookingReference, total: moneyText(total) } }],
  };
}
