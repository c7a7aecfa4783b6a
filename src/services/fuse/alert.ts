import type { Clock } from '../../ports/clock.ts';
import type { FuseReason, FuseStore } from '../../ports/storage/fuse.ts';
import type { AttemptStop } from '../../ports/storage/fuse-check.ts';
import type { NotificationRequest, NotificationWriter } from '../../ports/storage/notifications.ts';
import { type OpsAlert, opsAlert } from '../notifications/ops-alert.ts';

export interface AlertFusePorts {
  readonly fuseStore: Pick<FuseStore, 'reason'>;
  readonly notifications: NotificationWriter;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/** What ops are told about the fuse. */
export type FuseConcern =
  | { readonly kind: 'blown' }
  | { readonly kind: 'user'; readonly userId: string; readonly stop: AttemptStop }
  | { readonly kind: 'unrated'; readonly currency: string };

/** Alerts ops, once an hour for the same concern. */
export type AlertFuse = (concern: FuseConcern) => Promise<void>;

/** @returns what alerts ops through these ports */
export const createAlertFuse =
  (ports: AlertFusePorts): AlertFuse =>
  async (concern) => {
    if (concern.kind === 'blown') return alertBlownFuse(ports);
    const now = ports.clock.now();
    const alert =
      concern.kind === 'user'
        ? hourly(now, `user:${concern.stop}:${concern.userId}`, {
            kind: 'user_limit',
            message: `User ${concern.userId} has reached the bound ${concern.stop}: only that user's bookings wait, for up to an hour.`,
          })
        : hourly(now, `unrated:${concern.currency}`, {
            kind: 'unrated_currency',
            message: `A fare in ${concern.currency} was counted as the dearest currency there is: src/domain/reference-rates.ts has no rate.`,
          });
    await ports.notifications.enqueue([alert]);
    ports.afterCommit();
  };

/** Alerts ops when the fuse is blown; once an hour while it stays so. */
export async function alertBlownFuse(ports: AlertFusePorts): Promise<void> {
  const reason = await ports.fuseStore.reason();
  if (!reason) return;
  await ports.notifications.enqueue([blownFuseAlert(reason, ports.clock.now())]);
  ports.afterCommit();
}

/** The alert of a blown fuse. In the same hour the same reason has the same key. */
export const blownFuseAlert = (reason: FuseReason, now: Date): NotificationRequest =>
  hourly(now, reason, {
    kind: 'fuse_blown',
    message: `The fuse has blown (${reason}): no new authorization and no new order until two people rearm it.`,
  });

const hourly = (now: Date, concern: string, alert: Pick<OpsAlert, 'kind' | 'message'>): NotificationRequest =>
  opsAlert({ ...alert, dedupe: `fuse:${concern}:${now.toISOString().slice(0, 13)}` });
