import { type Kysely, sql } from 'kysely';
import type { StuckWorkStore } from '../../ports/storage/stuck-work.ts';
import { abandonedAttempts } from '../attempts.ts';
import type { DB } from '../client/index.ts';

const before = (ms: number) => sql<Date>`now() - ${ms} * interval '1 millisecond'`;

/** Stuck work in Postgres. */
export function createStuckWorkStore({ db }: { db: Kysely<DB> }): StuckWorkStore {
  return {
    abandonedAttempts: (idleMs, limit) => abandonedAttempts(db, idleMs, limit),
    unsentNotifications: (staleMs, limit) =>
      db
        .selectFrom('notifications')
        .select(['id', 'correlationId'])
        .where('status', '=', 'PENDING')
        .where('createdAt', '<', before(staleMs))
        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
        .limit(limit)
        .execute(),
    unprocessedEvents: (staleMs, limit) =>
      db
        .selectFrom('webhookEvents')
        .select(['provider', 'eventId'])
        .where('processedAt', 'is', null)
        .where('receivedAt', '<', before(staleMs))
        .limit(limit)
        .execute(),
    overdueAttempts: (ms, limit) =>
      db
        .selectFrom('bookingAttempts')
        .select(['id', 'tripId', 'userId', 'step', 'correlationId'])
        .where('status', '=', 'PENDING')
        .where('startedAt', '<', before(ms))
        // A traveller may take as long as they have.
        .where((eb) => eb.or([eb('step', '!=', 'confirm_payment'), eb('deadline', '<', before(0))]))
        .limit(limit)
        .execute(),
  };
}
