import { formatMoney } from '../../src/domain/money.ts';
import { Refused } from '../../src/errors.ts';
import { requestCancellation } from '../../src/services/cancelling/request.ts';
import { createMemoryBookings } from '../memory/bookings.ts';
import type { Simulated } from '../simulated.ts';

/**
 * A traveller cancels a booking of theirs, as the API does it, and wants at least so much back as they have in mind.
 * @returns whether it could be requested
 */
export async function cancelBooking({ tables, vendors }: Simulated, id: string): Promise<boolean> {
  const booking = tables.bookings.get(id);
  if (!booking) return false;
  const { userId, correlationId } = tables.trip(id);
  const { acceptShare } = vendors.afterTicketOf(id);
  const { minor, currency } = booking.price;
  const acceptRefund =
    acceptShare === null ? null : formatMoney({ minor: Math.floor(minor * acceptShare), currency });
  const deps = { bookings: createMemoryBookings(tables), afterCommit: () => tables.afterCommit() };
  try {
    await requestCancellation(deps, { userId, id: booking.id, correlationId, acceptRefund });
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

const LOOK_MS = 60_000;

/** A traveller whose request was refused asks once more, if they are like that. @param over called when they want nothing more */
export function askAgain(sim: Simulated, id: string, over: () => void): void {
  const { asksAgainMs } = sim.vendors.afterTicketOf(id);
  if (asksAgainMs === null) {
    over();
    return;
  }
  const look = (): void => {
    const booking = sim.tables.bookings.get(id);
    const { status } =
      [...sim.tables.cancellations.values()].findLast(({ bookingId }) => bookingId === booking?.id) ?? {};
    if (status === 'PENDING') return void sim.time.after(LOOK_MS, look);
    if (status !== 'REFUSED') {
      over();
      return;
    }
    sim.time.after(asksAgainMs, async () => {
      const done = await cancelBooking(sim, id);
      sim.tell(() => `the traveller asks again to cancel the booking: ${done ? 'requested' : 'refused'}`);
      over();
    });
  };
  sim.time.after(1_000, look);
}
