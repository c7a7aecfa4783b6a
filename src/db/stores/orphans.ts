import { type Kysely, sql } from 'kysely';
import type { OrphanStore } from '../../ports/storage/orphans.ts';
import type { DB } from '../client/index.ts';
import { blowFuse } from '../fuse.ts';
import { insertNotifications } from '../notifications.ts';

/** Orphans in Postgres. */
export function createOrphanStore({ db }: { db: Kysely<DB> }): OrphanStore {
  return {
    recordIntent: ({ providerId, kind, action, attemptId }, { notification, breach }) =>
      db.transaction().execute(async (trx) => {
        const inserted = await trx
          .insertInto('orphans')
          .values({ providerId, kind, action, attemptId })
          .onConflict((conflict) => conflict.doNothing())
          .returning('providerId')
          .executeTakeFirst();
        if (!inserted) {
          const known = await trx
            .selectFrom('orphans')
            .select('outcome')
            .where('providerId', '=', providerId)
            .executeTakeFirst();
          return known?.outcome === null;
        }
        const blown = breach !== null && (await blowFuse(trx, breach.reason));
        await insertNotifications(trx, blown ? [breach.notification, notification] : [notification]);
        return true;
      }),
    async recordOutcome(providerId, outcome) {
      await db
        .updateTable('orphans')
        .set({ outcome, settledAt: sql`now()` })
        .where('providerId', '=', providerId)
        .execute();
    },
  };
}
