import { type Kysely, sql } from 'kysely';
import type { WebhookEventStore } from '../../ports/storage/webhook-events.ts';
import type { DB } from '../client/index.ts';
import { insertJobs } from '../outbox.ts';

/** Webhook events in Postgres. */
export function createWebhookEventStore({ db }: { db: Kysely<DB> }): WebhookEventStore {
  return {
    insert: ({ refs, ...event }, job) =>
      db.transaction().execute(async (trx) => {
        const inserted = await trx
          .insertInto('webhookEvents')
          .values({ ...event, refs: JSON.stringify(refs) })
          .onConflict((conflict) => conflict.doNothing())
          .returning('eventId')
          .executeTakeFirst();
        if (inserted) await insertJobs(trx, [job]);
      }),
    async find(provider, eventId) {
      const row = await db
        .selectFrom('webhookEvents')
        .select(['refs', 'processedAt'])
        .where('provider', '=', provider)
        .where('eventId', '=', eventId)
        .executeTakeFirst();
      return row && { refs: row.refs, processed: row.processedAt !== null };
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
