import { sql } from 'kysely';
import type { NotificationKind } from '../domain/notification.ts';
import type { Db } from './client.ts';

export interface NewNotification {
  /** Null: it concerns the whole house, and goes to ops. */
  readonly userId: string | null;
  readonly tripId: string | null;
  readonly kind: NotificationKind | 'ops_alert';
  /** The same key is told once, whoever asks and however often. */
  readonly dedupeKey: string;
  readonly data?: Record<string, unknown>;
  readonly correlationId?: string | null;
}

/** @returns its id, or undefined when the same was asked for before */
export async function insertNotification(
  trx: Db,
  notification: NewNotification,
): Promise<string | undefined> {
  const { data = {}, correlationId = null, ...rest } = notification;
  const row = await trx
    .insertInto('notifications')
    .values({ ...rest, data: JSON.stringify(data), correlationId })
    .onConflict((conflict) => conflict.column('dedupeKey').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

/** How long one worker may take to send; then another may try, under the same idempotency key. */
const SEND_LEASE = sql<Date>`now() + interval '60 seconds'`;

/** Takes an unsent notification; undefined when it is sent, given up, or in other hands. */
export function claimNotification(db: Db, id: string) {
  return db
    .updateTable('notifications')
    .set({
      leaseUntil: SEND_LEASE,
      attempts: sql`attempts + 1`,
      firstTriedAt: sql`coalesce(first_tried_at, now())`,
    })
    .where('id', '=', id)
    .where('status', '=', 'PENDING')
    .where((eb) => eb.or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<', sql<Date>`now()`)]))
    .returningAll()
    .executeTakeFirst();
}

/** A notification that is ours to send. */
export type ClaimedNotification = NonNullable<Awaited<ReturnType<typeof claimNotification>>>;

export async function closeNotification(
  db: Db,
  id: string,
  result: { status: 'SENT'; providerId: string } | { status: 'FAILED'; error: string },
): Promise<void> {
  await db
    .updateTable('notifications')
    .set({
      status: result.status,
      leaseUntil: null,
      ...(result.status === 'SENT'
        ? { providerId: result.providerId, sentAt: sql<Date>`now()` }
        : { lastError: result.error }),
    })
    .where('id', '=', id)
    .execute();
}

/** Lets the next attempt begin at once. */
export async function releaseNotification(db: Db, id: string, error: string): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ leaseUntil: null, lastError: error })
    .where('id', '=', id)
    .execute();
}
