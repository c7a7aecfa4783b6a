import { sql } from 'kysely';
import { abandonedAttempts } from '../db/attempts.ts';
import { enqueue } from '../queues/outbox.ts';
import type { Storage } from './deps.ts';
import { notifyLater } from './notify-later.ts';

/** Longer than any wait the saga asks for, a vendor's rate limit included. */
const ATTEMPT_IDLE_MS = 75_000;
/** A notification or webhook that waited this long has lost its job. */
const STALE = sql<Date>`now() - interval '60 seconds'`;
const LIMIT = 500;
/** A nudge is asked for at most once in this time; jobs that have run keep their ids for a while. */
const NUDGE_MS = 30_000;

export interface Reconciled {
  readonly attempts: number;
  readonly notifications: number;
  readonly webhooks: number;
}

/** Finds what stands still though it should move, and asks for it again; needs nothing that Redis remembers. */
export async function reconcileAll(deps: Storage): Promise<Reconciled> {
  const { db } = deps;
  const bucket = Math.floor(Date.now() / NUDGE_MS).toString(36);
  const attempts = await abandonedAttempts(db, ATTEMPT_IDLE_MS, LIMIT);
  for (const { id, tripId, number, epoch, correlationId } of attempts)
    await enqueue(
      db,
      'book',
      { attemptId: id, tripId, number, nudge: `e${epoch}-${bucket}` },
      { correlationId },
    );

  const notifications = await db
    .selectFrom('notifications')
    .select(['id', 'correlationId'])
    .where('status', '=', 'PENDING')
    .where('createdAt', '<', STALE)
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .limit(LIMIT)
    .execute();
  for (const { id, correlationId } of notifications)
    await enqueue(db, 'notify', { notificationId: id, nudge: bucket }, { correlationId });

  const webhooks = await db
    .selectFrom('webhookEvents')
    .select(['provider', 'eventId'])
    .where('processedAt', 'is', null)
    .where('receivedAt', '<', STALE)
    .limit(LIMIT)
    .execute();
  for (const { provider, eventId } of webhooks)
    await enqueue(db, 'webhook', { provider: provider as 'stripe' | 'duffel', eventId, nudge: bucket });

  await alertStuck(db);
  deps.afterCommit();
  return { attempts: attempts.length, notifications: notifications.length, webhooks: webhooks.length };
}

/** Nothing should take this long; compensation that does (a vendor down for hours) goes on, and people hear of it. */
const STUCK = sql<Date>`now() - interval '15 minutes'`;

async function alertStuck(db: Storage['db']): Promise<void> {
  const stuck = await db
    .selectFrom('bookingAttempts')
    .select(['id', 'tripId', 'userId', 'step', 'correlationId'])
    .where('status', '=', 'PENDING')
    .where('startedAt', '<', STUCK)
    .limit(LIMIT)
    .execute();
  for (const { id, tripId, userId, step, correlationId } of stuck)
    await notifyLater(db, {
      userId,
      tripId,
      kind: 'ops_alert',
      dedupeKey: `ops_alert:${id}:stuck`,
      data: {
        code: 'stuck',
        message: `A booking attempt has stood at ${step} for over 15 minutes.`,
        attemptId: id,
      },
      correlationId,
    });
}
