import type { Attempt, OrderFacts } from '../../../domain/attempt.ts';
import { Permanent } from '../../../errors.ts';
import { wait } from '../../saga/step.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { finish, next } from '../results.ts';

/** How often an order without its reference is read again, in ms. Ops are alerted once it has taken 15 minutes. */
const REFERENCE_MS = 30_000;
/** Airlines issue tickets in seconds, or in hours: after so long, in ms, the confirmation is sent without their numbers. */
const TICKETS_MS = 10 * 60_000;

/**
 * Everything happened: the booking row, the trip's end, the audit entry and the mail commit together. The traveller needs the
 * airline's reference; where the order did not say it yet, it is read again. Tickets that trail the order are waited for in
 * bounds.
 */
export async function confirm(ports: BookingStepPorts, { order }: Attempt): Promise<BookingStepResult> {
  const known = order as OrderFacts;
  if (isComplete(known)) return finish({ kind: 'booked' });
  const facts = withNews(known, await readFacts(ports, known.orderId));
  if (isComplete(facts)) return next('confirm', { patch: { order: facts } });
  if (!facts.bookingReference) return wait(REFERENCE_MS, 'the order does not say its booking reference yet');
  const waitedMs = ports.session.findIntent('capture')?.ageMs ?? TICKETS_MS;
  if (waitedMs < TICKETS_MS) return wait(ports.settings.orderPollMs, 'the tickets are not issued yet');
  return known.bookingReference ? finish({ kind: 'booked' }) : next('confirm', { patch: { order: facts } });
}

const isComplete = ({ bookingReference, ticketNumbers }: OrderFacts): boolean =>
  bookingReference !== null && ticketNumbers.length > 0;

/** What was captured for stays as it is. */
const withNews = (known: OrderFacts, read: OrderFacts | null): OrderFacts => ({
  ...known,
  bookingReference: known.bookingReference ?? read?.bookingReference ?? null,
  ticketNumbers: read?.ticketNumbers ?? known.ticketNumbers,
  ...(read?.passengerIds && { passengerIds: read.passengerIds }),
});

/** A read by id may lag behind the order, too. */
async function readFacts({ flights }: BookingStepPorts, orderId: string): Promise<OrderFacts | null> {
  try {
    return (await flights.order(orderId)).facts;
  } catch (error) {
    if (error instanceof Permanent) return null;
    throw error;
  }
}
