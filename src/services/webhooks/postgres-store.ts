import { sql } from 'kysely';
import { enqueue } from '../../queues/outbox.ts';
import type { Storage } from '../deps.ts';
import type { EventStore } from './ports.ts';
import { refsSchema } from './receive.ts';

/** Webhook events in Postgres. The body is not kept: it holds PII and is never believed. */
export function createEventStore({ db, afterCommit }: Storage): EventStore {
  return {
    async keep({ refs, ...event }) {
      const { provider, eventId } = event;
      await db.transaction().execute(async (trx) => {
        const stored = await trx
          .insertInto('webhookEvents')
          .values({ ...event, refs: JSON.stringify(refs) })
          .onConflict((conflict) => conflict.doNothing())
          .returning('eventId')
          .executeTakeFirst();
        if (stored) await enqueue(trx, 'webhook', { provider, eventId });
      });
      afterCommit();
    },
    async find(provider, eventId) {
      const row = await db
        .selectFrom('webhookEvents')
        .select(['refs', 'processedAt'])
        .where('provider', '=', provider)
        .where('eventId', '=', eventId)
        .executeTakeFirst();
      return row && { refs: refsSchema.parse(row.refs), processed: row.processedAt !== null };
    },
    async close(provider, eventId, outcome) {
      await db
        .updateTable('webhookEvents')
        .set({ processedAt: sql`now()`, outcome })
        .where('provider', '=', provider)
        .where('eventId', '=', eventId)
        .execute();
    },
  };
}
