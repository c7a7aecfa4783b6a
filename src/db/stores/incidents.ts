import type { Kysely } from 'kysely';
import type { IncidentStore } from '../../ports/storage/incidents.ts';
import type { DB } from '../client/index.ts';

/** What incident files are made of, in Postgres. */
export function createIncidentStore({ db }: { db: Kysely<DB> }): IncidentStore {
  return {
    async read(tripId) {
      const trip = await db
        .selectFrom('tripRequests')
        .select(['maxPriceMinor', 'currency', 'autoBookStatus', 'outcome', 'createdAt'])
        .where('id', '=', tripId)
        .executeTakeFirst();
      if (!trip) return undefined;
      const attempts = await db
        .selectFrom('bookingAttempts')
        .select(['id', 'number', 'status', 'errorCode', 'amountMinor', 'epoch'])
        .where('tripId', '=', tripId)
        .orderBy('number')
        .execute();
      const ids = attempts.map(({ id }) => id);
      const steps = ids.length
        ? await db
            .selectFrom('bookingSteps')
            .select(['attemptId', 'step', 'tries', 'outcome'])
            .where('attemptId', 'in', ids)
            .orderBy('intendedAt')
            .execute()
        : [];
      const entries = await db
        .selectFrom('bookingAudits')
        .select(['at', 'attemptId', 'type', 'detail'])
        .where('tripId', '=', tripId)
        .orderBy('seq')
        .execute();
      return { trip, attempts, steps, entries };
    },
  };
}
