import { DateTime } from 'luxon';
import { random } from '../world.ts';
import type { Order } from './types.ts';

/** Six letters and digits, without those that are mistaken for one another. */
export function reference(): string {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return Array.from({ length: 6 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

/**
 * One ticket a passenger, in no order that anybody may rely on: the last passenger's comes first. A document for miscellaneous
 * services is among them, which is no ticket.
 */
export function tickets(order: { passengers: { id: string }[] }): Order['documents'] {
  const issued = order.passengers.map((passenger): Order['documents'][number] => ({
    type: 'electronic_ticket',
    unique_identifier: `125-${Math.floor(1e9 + random() * 9e9)}`,
    passenger_ids: [passenger.id],
  }));
  const [first] = issued;
  const miscellaneous = first && {
    ...first,
    type: 'electronic_miscellaneous_document_associated' as const,
    unique_identifier: first.unique_identifier.replace('125-', '125-45'),
  };
  return [...(miscellaneous ? [miscellaneous] : []), ...issued.toReversed()];
}

/** Whether the first flight has left, by the clock of its airport. */
export function hasDeparted({ slices }: Pick<Order, 'slices'>, now: number): boolean {
  const first = slices[0]?.segments[0];
  if (!first) return false;
  return DateTime.fromISO(first.departing_at, { zone: first.origin.time_zone }).toMillis() <= now;
}
