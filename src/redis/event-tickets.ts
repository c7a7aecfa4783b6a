import { createHash, randomBytes } from 'node:crypto';
import type { EventTickets } from '../ports/event-tickets.ts';

/** A page opens its stream at once; what an address leaves in a log is worth nothing by the time that it is read. In ms. */
const TICKET_MS = 30_000;

/** The Redis commands that tickets need. */
export interface TicketRedis {
  set(key: string, value: string, px: 'PX', ttlMs: number): Promise<'OK' | null>;
  getdel(key: string): Promise<string | null>;
}

/** Tickets in Redis, under their hashes: whoever reads Redis can use none. @param prefix first part of every key */
export function createEventTickets(redis: TicketRedis, prefix: string): EventTickets {
  const keyOf = (ticket: string) => `${prefix}:ticket:${createHash('sha256').update(ticket).digest('hex')}`;
  return {
    async issue({ userId, tripId, tokenExpiresAt }) {
      const ticket = randomBytes(32).toString('base64url');
      const lifeMs = Math.min(TICKET_MS, Math.max(1, tokenExpiresAt.getTime() - Date.now()));
      const value = JSON.stringify({ userId, tripId, tokenExpiresAt: tokenExpiresAt.getTime() });
      await redis.set(keyOf(ticket), value, 'PX', lifeMs);
      return { ticket, expiresAt: new Date(Date.now() + lifeMs) };
    },
    async redeem(ticket) {
      const stored = await redis.getdel(keyOf(ticket));
      if (stored === null) return undefined;
      const { userId, tripId, tokenExpiresAt } = JSON.parse(stored) as {
        userId: string;
        tripId: string;
        tokenExpiresAt: number;
      };
      return { userId, tripId, tokenExpiresAt: new Date(tokenExpiresAt) };
    },
  };
}
