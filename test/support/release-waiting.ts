import type pg from 'pg';
import type { Client } from './client.ts';

/**
 * Travellers who do not wait: whoever has a trip whose order is unknown asks for its release, once it waits. An order of
 * unknown outcome keeps its authorization for up to 72 hours otherwise.
 * @returns asks for those that wait now; call it until no trip is left open
 */
export function createReleaser(pool: pg.Pool, users: readonly Client[]): () => Promise<void> {
  const released = new Set<string>();
  return async () => {
    const { rows } = await pool.query<{ id: string }>(
      `select trip_id as id from booking_attempts where status = 'PENDING' and step = 'settle'`,
    );
    for (const { id } of rows.filter(({ id }) => !released.has(id)))
      for (const user of users) {
        // Of a stranger the trip does not exist; an attempt that moved on meanwhile waits for nothing.
        const reply = await user.call('POST', `/api/trips/${id}/release`, { ticketMayStillTurnUp: true });
        if (reply.status === 202) released.add(id);
        if (reply.status !== 404) break;
      }
  };
}
