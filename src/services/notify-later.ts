import type { Db } from '../db/client.ts';
import { insertNotification, type NewNotification } from '../db/notifications.ts';
import { enqueue } from '../queues/outbox.ts';

/** Asks for an e-mail or alert in the transaction of the change it tells of; the same key is told once. */
export async function notifyLater(trx: Db, notification: NewNotification): Promise<void> {
  const id = await insertNotification(trx, notification);
  if (id)
    await enqueue(
      trx,
      'notify',
      { notificationId: id },
      { correlationId: notification.correlationId ?? null },
    );
}
