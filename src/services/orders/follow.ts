import { decideOrder } from './decide.ts';
import type { FollowOrderPorts } from './ports.ts';

/**
 * Reads a booked order at its seller and brings what we know of it up to date: tickets, flights, changes by the airline, an order that
 * the airline cancelled. Whether or not a webhook came; done twice it changes nothing.
 * @returns what came of it, for the job or the event's row
 * @throws Retryable; Permanent when the seller does not know the order
 */
export async function followOrder(ports: FollowOrderPorts, orderId: string): Promise<string> {
  const { bookedOrders, flights, clock, afterCommit } = ports;
  const reading = await bookedOrders.open(orderId);
  if (!reading) return 'not_followed';
  const order = await flights.order(orderId);
  const outcome = await bookedOrders.record(reading, (stored) => decideOrder(stored, order, clock.now()));
  afterCommit();
  return outcome === 'recorded' ? 'followed' : outcome;
}
