import type { Order } from '../../sandbox/duffel/types.ts';
import { Refused } from '../../src/errors.ts';
import { requestAcceptance } from '../../src/services/orders/request-acceptance.ts';
import { createMemoryBookings } from '../memory/bookings.ts';
import type { BookingRow } from '../memory/tables.ts';
import type { Simulated } from '../simulated.ts';
import type { AirlineCourse, AirlineStep } from './airline-course.ts';

/** How often it is looked whether there is a booking. */
const LOOK_MS = 60_000;

/**
 * Lets airlines do what they have in mind with a trip's order, once it is booked.
 * @param over called when nothing more will come
 */
export function scheduleAirline(sim: Simulated, id: string, course: AirlineCourse, over: () => void): void {
  const { time, tables } = sim;
  const wait = (): void => {
    const booking = tables.bookings.get(id);
    if (booking) {
      step(booking, 0);
      return;
    }
    const moving = !tables.trips.has(id) || tables.trip(id).status === 'PENDING' || tables.liveAttempt(id);
    if (moving && tables.liveAttempt(id)?.status !== 'NEEDS_HUMAN') return void time.after(LOOK_MS, wait);
    over();
  };
  const step = (booking: BookingRow, nth: number): void => {
    const move = course.moves[nth];
    if (!move) {
      over();
      return;
    }
    time.after(move.afterMs, () => {
      act(sim, booking, move);
      const { acceptsAfterMs } = course;
      if (acceptsAfterMs === null || move.does === 'cancels') {
        step(booking, nth + 1);
        return;
      }
      time.after(acceptsAfterMs, async () => {
        await accept(sim, booking);
        step(booking, nth + 1);
      });
    });
  };
  wait();
}

function act(sim: Simulated, { orderId, tripId }: BookingRow, { does, gives, acceptMs }: AirlineStep): void {
  const { orders, airline, airlineCancelled } = sim.vendors;
  const order = orders.all.get(orderId);
  const confirmed = orders.cancellations.some((one) => one.order_id === orderId && one.confirmed_at);
  if (!order || order.cancelled_at || confirmed) return;
  sim.tell(() => `the airline ${does} what it sold`);
  if (does === 'cancels') {
    airlineCancelled.add(tripId);
    airline.cancel(order, refundOf(order, gives));
  } else {
    const gone = does === 'drops' && order.slices.length > 0;
    if (order.slices.length > 0) airline.change(order, { gone, acceptMs, minutes: 50 });
  }
  sim.vendors.effects += 1;
}

function refundOf({ total_amount: total }: Order, gives: AirlineStep['gives']): string | undefined {
  const decimals = total.split('.')[1]?.length ?? 0;
  const share = { all: 1, half: 0.5, nothing: 0, unsaid: null }[gives];
  if (share === null) return undefined;
  return (Math.floor(Number(total) * share * 10 ** decimals) / 10 ** decimals).toFixed(decimals);
}

/** A traveller accepts the change that is open, as the API does it. */
async function accept(sim: Simulated, { id: bookingId, tripId }: BookingRow): Promise<void> {
  const { tables } = sim;
  const open = [...tables.orderChanges.values()].find(
    (one) => one.bookingId === bookingId && one.state === 'OPEN',
  );
  if (!open) return;
  const { userId, correlationId } = tables.trip(tripId);
  const deps = {
    bookings: { ...createMemoryBookings(tables), find: async () => undefined },
    afterCommit: () => tables.afterCommit(),
  };
  try {
    await requestAcceptance(deps, { userId, bookingId, changeId: open.id, correlationId });
    sim.tell(() => 'the traveller accepts the new flights');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
