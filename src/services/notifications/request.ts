import { randomUUID } from 'node:crypto';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';

/** A notification with the job that sends it, for storage to write in the transaction of the change it reports. */
export function notificationRequest(
  notification: Omit<NotificationRequest, 'id' | 'job' | 'data' | 'correlationId'> & {
    readonly data?: Record<string, unknown> | undefined;
    readonly correlationId?: string | null | undefined;
  },
): NotificationRequest {
  const { data = {}, correlationId = null, ...rest } = notification;
  const id = randomUUID();
  return {
    ...rest,
    id,
    data,
    correlationId,
    job: toOutboxJob('notify', { notificationId: id }, { correlationId }),
  };
}
