import type { Request } from 'express';
import type { EventTicket, EventTickets } from '../../ports/event-tickets.ts';
import type { Identity } from '../../ports/identity.ts';
import { HttpError } from '../problem.ts';

/**
 * Identifies who follows a trip by the ticket in the query.
 * @returns undefined when the request has none
 * @throws HttpError 401 for one that is not valid, was used, or is of another trip; 503 while tickets can't be read
 */
export async function identifyByTicket(tickets: EventTickets, req: Request): Promise<Identity | undefined> {
  const { ticket } = req.query;
  if (ticket === undefined) return undefined;
  const found = typeof ticket === 'string' ? await whileAvailable(() => tickets.redeem(ticket)) : undefined;
  if (found?.tripId !== req.params.id)
    throw new HttpError(
      'unauthenticated',
      'The ticket is not valid, has expired, or was used. Get another one.',
    );
  const { userId, tokenExpiresAt: expiresAt } = found as EventTicket;
  return { userId, roles: [], email: undefined, issuedAt: new Date(0), expiresAt };
}

/** @throws HttpError 503 when tickets can't be stored or read */
export async function whileAvailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new HttpError(
      'unavailable',
      'Tickets are not available right now. Send the token in the Authorization header instead, or try again.',
    );
  }
}
