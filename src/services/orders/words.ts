import { dropsFlights } from '../../domain/airline-change.ts';
import type { NewChange } from '../../ports/storage/booked-orders.ts';

/** What a change means for the traveller, and what they may do about it. */
export function changeWords(change: Pick<NewChange, 'before' | 'after' | 'actions' | 'state'>): string {
  const what = dropsFlights(change)
    ? 'The airline no longer flies some of the flights you booked.'
    : 'The airline has changed the times or flights of your booking.';
  return `${what} ${mayDo(change)}`;
}

function mayDo({ actions, state }: Pick<NewChange, 'actions' | 'state'>): string {
  if (state === 'ACCEPTED') return 'The new flights are accepted; there is nothing you need to do.';
  if (actions.includes('accept'))
    return 'You may accept the new flights on the page of your trip, or cancel the booking there; when a change does not suit you, the airline may owe you the whole price.';
  return 'A person is looking into it with the airline and writes to you. You may cancel the booking on the page of your trip; the airline may owe you the whole price.';
}

/** The airline cancelled the whole order. What comes back is said once it is known. */
export const GONE_WORDS =
  'The airline cancelled your booking, so your tickets are no longer valid. We ask the airline for your money and write to you with the amount; you need not do anything for it.';
