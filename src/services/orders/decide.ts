import { ticketsOfTravellers } from '../../domain/attempt.ts';
import { nextLookAt } from '../../domain/order-looks.ts';
import type { FoundOrder } from '../../ports/flights.ts';
import type { BookedOrder, OrderNews } from '../../ports/storage/booked-orders.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { decideChanges } from './decide-changes.ts';
import { airlineCancelled, ticketsIssued } from './notifications.ts';

const NOTHING = {
  decided: [],
  added: [],
  cancelledByAirline: false,
  events: [],
  notifications: [],
  jobs: [],
};

/** What a reading of a booked order means for booking, traveller and ops. */
export function decideOrder(stored: BookedOrder, order: FoundOrder, now: Date): OrderNews {
  if (order.cancelled) return cancelled(stored, now);
  const changes = decideChanges(stored, order);
  const tickets = decideTickets(stored, order);
  const itinerary = order.slices?.length ? order.slices : stored.itinerary;
  const moved = JSON.stringify(itinerary) !== JSON.stringify(stored.itinerary);
  return {
    ...NOTHING,
    nextLookAt: nextLookAt(
      itinerary,
      {
        tickets: (tickets.ticketNumbers ?? stored.ticketNumbers).length === 0,
        decision: stored.changes.some(
          ({ state, acceptRequestedAt }) => state === 'OPEN' && acceptRequestedAt,
        ),
      },
      { bookedAt: stored.bookedAt, now },
    ),
    ...(moved && { itinerary }),
    ...(tickets.ticketNumbers && { ticketNumbers: tickets.ticketNumbers }),
    decided: changes.decided,
    added: changes.added,
    events: [...changes.events, ...tickets.events],
    notifications: [...changes.notifications, ...tickets.notifications],
  };
}

type Tickets = Pick<OrderNews, 'ticketNumbers' | 'events' | 'notifications'>;

/** Tickets that came after the booking, or were issued anew. The same numbers in another order are no news. */
function decideTickets(stored: BookedOrder, { facts }: FoundOrder): Tickets {
  const ticketNumbers = ticketsOfTravellers(facts, stored.passengers);
  const before = stored.ticketNumbers;
  if (ticketNumbers.length === 0 || ticketNumbers.join() === before.join())
    return { events: [], notifications: [] };
  const known = new Set(before);
  if (ticketNumbers.every((ticket) => known.has(ticket)))
    return { ticketNumbers, events: [], notifications: [] };
  return {
    ticketNumbers,
    events: [{ type: 'tickets.issued', detail: { tickets: ticketNumbers.length } }],
    notifications: [ticketsIssued(stored, ticketNumbers)],
  };
}

/** A saga that is at it reads the order itself; without one the airline did it. */
function cancelled(stored: BookedOrder, now: Date): OrderNews {
  const awaited = { tickets: false, decision: true };
  const look = nextLookAt(stored.itinerary, awaited, { bookedAt: stored.bookedAt, now });
  if (stored.cancellation !== null) return { ...NOTHING, nextLookAt: look };
  const { bookingId, orderId, correlationId } = stored;
  return {
    ...NOTHING,
    nextLookAt: look,
    decided: stored.changes
      .filter(({ state }) => state === 'OPEN')
      .map(({ id }) => ({ id, state: 'DECLINED' as const })),
    cancelledByAirline: true,
    events: [{ type: 'order.cancelled_by_airline', detail: { orderId } }],
    notifications: airlineCancelled(stored),
    jobs: [toOutboxJob('cancel-booking', { bookingId, nudge: 'airline' }, { correlationId })],
  };
}
