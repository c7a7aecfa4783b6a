import type { AlertKind } from '../../domain/ops-alert.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import { notificationRequest } from './request.ts';

/** What ops are alerted of. */
export interface OpsAlert {
  readonly kind: AlertKind;
  /** What happened, in words for ops; without PII, for it goes to a chat. */
  readonly message: string;
  /** The code of a case, or the vendor's; absent where the kind says it all. */
  readonly code?: string;
  /** Of whose trip; absent: it concerns the whole system. */
  readonly about?: Pick<NotificationRequest, 'userId' | 'tripId' | 'correlationId'> | undefined;
  readonly attemptId?: string | null;
  /** After `ops_alert:`; the same alert is sent once. */
  readonly dedupe: string;
  /** Kept with it, for whoever delivers it. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** An alert of ops. Every alert is made here, so that none lacks a page in the runbook. */
export function opsAlert({
  kind,
  message,
  code = kind,
  about,
  attemptId,
  dedupe,
  more,
}: OpsAlert): NotificationRequest {
  const { userId = null, tripId = null, correlationId = null } = about ?? {};
  return notificationRequest({
    userId,
    tripId,
    correlationId,
    kind: 'ops_alert',
    dedupeKey: `ops_alert:${dedupe}`,
    data: { kind, code, message, ...(attemptId && { attemptId }), ...more },
  });
}
