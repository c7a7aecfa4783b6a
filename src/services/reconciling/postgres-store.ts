import { sql } from 'kysely';
import { abandonedAttempts } from '../../db/attempts.ts';
import { enqueue } from '../../queues/outbox.ts';
import type { OrphanStore } from '../booking/orphans.ts';
import type { Storage } from '../deps.ts';
import { alertBlown, stopForBreach } from '../fuse.ts';
import { notifyLater } from '../notify-later.ts';
import type { WebhookSource } from '../webhooks/ports.ts';
import type { StandingStore } from './ports.ts';

const before = (ms: number) => sql<Date>`now() - ${ms} * interval '1 millisecond'`;

/** What stands still, from Postgres alone. */
export function createStandingStore({ db, afterCommit }: Storage): StandingStore {
  return {
    abandoned: (idleMs, limit) => abandonedAttempts(db, idleMs, limit),
    unsent: (staleMs, limit) =>
      db
        .selectFrom('notifications')
        .select(['id', 'correlationId'])
        .where('status', '=', 'PENDING')
        .where('createdAt', '<', before(staleMs))
        .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
        .limit(limit)
        .execute(),
    async resend({ id, correlationId }, nudge) {
      await enqueue(db, 'notify', { notificationId: id, nudge }, { correlationId });
      afterCommit();
    },
    async unlooked(staleMs, limit) {
      const rows = await db
        .selectFrom('webhookEvents')
        .select(['provider', 'eventId'])
        .where('processedAt', 'is', null)
        .where('receivedAt', '<', before(staleMs))
        .limit(limit)
        .execute();
      return rows.map(({ provider, eventId }) => ({ provider: provider as WebhookSource, eventId }));
    },
    async lookAgain(event, nudge) {
      await enqueue(db, 'webhook', { ...event, nudge });
      afterCommit();
    },
    stuck: (ms, limit) =>
      db
        .selectFrom('bookingAttempts')
        .select(['id', 'tripId', 'userId', 'step', 'correlationId'])
        .where('status', '=', 'PENDING')
        .where('startedAt', '<', before(ms))
        .limit(limit)
        .execute(),
    async alertFuse() {
      await alertBlown(db);
      afterCommit();
    },
    async alert({ id, ...whose }, code, message) {
      const dedupeKey = `ops_alert:${id}:${code}`;
      await notifyLater(db, {
        ...whose,
        kind: 'ops_alert',
        dedupeKey,
        data: { code, message, attemptId: id },
      });
      afterCommit();
    },
  };
}

/** Orphans in Postgres. The row is the intent behind what is done about them. */
export function createOrphanStore({ db, afterCommit }: Storage): OrphanStore {
  return {
    async announce({ providerId, kind, action, attemptId }) {
      const open = await db.transaction().execute(async (trx) => {
        const fresh = await trx
          .insertInto('orphans')
          .values({ providerId, kind, action, attemptId })
          .onConflict((conflict) => conflict.doNothing())
          .returning('providerId')
          .executeTakeFirst();
        if (!fresh) {
          const known = await trx
            .selectFrom('orphans')
            .select('outcome')
            .where('providerId', '=', providerId)
            .executeTakeFirst();
          return known?.outcome === null;
        }
        // Two tickets, or one of nobody: until people know why, nothing more is bought.
        if (action === 'human') await stopForBreach(trx);
        await notifyLater(trx, {
          userId: null,
          tripId: null,
          kind: 'ops_alert',
          dedupeKey: `ops_alert:orphan:${providerId}`,
          data: {
            code: `orphan_${kind}`,
            message:
              action === 'release'
                ? `A hold of ours belongs to no trip we know; ${providerId} is being released.`
                : `A person must decide: ${providerId} is ours and belongs to no trip we know.`,
          },
        });
        return true;
      });
      afterCommit();
      return open;
    },
    async settle(providerId, outcome) {
      await db
        .updateTable('orphans')
        .set({ outcome, settledAt: sql`now()` })
        .where('providerId', '=', providerId)
        .execute();
    },
  };
}
