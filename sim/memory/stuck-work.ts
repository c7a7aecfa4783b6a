import type { FuseReason } from '../../src/ports/storage/fuse.ts';
import type { StuckWorkStore } from '../../src/ports/storage/stuck-work.ts';
import { blownFuseAlert } from '../../src/services/fuse/alert.ts';
import { summaryOf } from './attempt-directory.ts';
import { dueOrders, hasAbandonedAcceptance } from './booked-orders.ts';
import { hasAbandonedCancellation } from './cancellations.ts';
import { dueDisputes } from './disputes.ts';
import { dueRefunds } from './refunds.ts';
import type { AttemptRow, NotificationRow, Tables } from './tables.ts';

/** Stuck work in memory. */
export function createMemoryStuckWork(tables: Tables): StuckWorkStore {
  const live = () => [...tables.attempts.values()].filter(({ status }) => status === 'PENDING');
  const ago = (ms: number) => tables.now() - ms;
  return {
    abandonedAttempts: async (idleMs, limit) =>
      live()
        .filter((attempt) => isAbandoned(attempt, tables.now(), idleMs))
        .sort((a, b) => a.startedAt - b.startedAt)
        .slice(0, limit)
        .map(summaryOf),
    unsentNotifications: async (staleMs, limit) =>
      [...tables.notifications.values()]
        .filter((notification) => isUnsent(notification, tables.now(), staleMs))
        .slice(0, limit)
        .map(({ id, correlationId }) => ({ id, correlationId })),
    unprocessedEvents: async (staleMs, limit) =>
      [...tables.events.values()]
        .filter(({ outcome, receivedAt }) => outcome === null && receivedAt < ago(staleMs))
        .slice(0, limit)
        .map(({ provider, eventId }) => ({ provider, eventId })),
    overdueAttempts: async (ms, limit) =>
      live()
        .filter(({ startedAt }) => startedAt < ago(ms))
        .filter(({ step, deadline }) => step !== 'confirm_payment' || deadline.getTime() < ago(0))
        .slice(0, limit)
        .map(({ id, tripId, userId, step, correlationId }) => ({ id, tripId, userId, step, correlationId })),
  };
}

const isAbandoned = (
  { leaseUntil, resumeAt, updatedAt }: AttemptRow,
  now: number,
  idleMs: number,
): boolean => (leaseUntil === null ? Math.max(resumeAt ?? 0, updatedAt) < now - idleMs : leaseUntil < now);

/** Whether ops have yet to hear of an attempt that takes so long. */
const isOverdue = ({ notifications, now }: Tables, { id, step, startedAt }: AttemptRow): boolean => {
  const code = step === 'settle' ? 'order_unknown' : 'stuck';
  return now() - startedAt > 15 * 60_000 && !notifications.has(`ops_alert:${id}:${code}`);
};

const isUnsent = ({ sent, createdAt, leaseUntil }: NotificationRow, now: number, staleMs: number): boolean =>
  !sent && createdAt < now - staleMs && (leaseUntil === null || leaseUntil < now);

/** Whether the rescuer would find anything; the times are those of services/reconciling/rescue-stuck-work.ts. */
export function hasStuckWork(tables: Tables): boolean {
  const { attempts, notifications, events, fuse, now } = tables;
  if (hasAbandonedCancellation(tables, 75_000)) return true;
  if (dueOrders(tables).length || hasAbandonedAcceptance(tables, 75_000)) return true;
  if (dueRefunds(tables).length || dueDisputes(tables).length) return true;
  for (const attempt of attempts.values())
    if (attempt.status === 'PENDING')
      if (isAbandoned(attempt, now(), 75_000) || isOverdue(tables, attempt)) return true;
  for (const notification of notifications.values()) if (isUnsent(notification, now(), 60_000)) return true;
  for (const { outcome, receivedAt } of events.values())
    if (outcome === null && now() - receivedAt > 60_000) return true;
  for (const { state, acceptedAt } of tables.caseActions.values())
    if (state === 'ACCEPTED' && now() - acceptedAt > 75_000) return true;
  return fuse.reason !== null && !notifications.has(alertKeyOf(fuse.reason, now()));
}

const MINUTE_MS = 60_000;
let lastAlert = { reason: '', minute: 0, key: '' };

/** The key of the alert that the fuse has blown: it changes with the hour, and is asked for at each tick. */
function alertKeyOf(reason: FuseReason, now: number): string {
  const minute = Math.floor(now / MINUTE_MS);
  if (lastAlert.reason !== reason || lastAlert.minute !== minute)
    lastAlert = { reason, minute, key: blownFuseAlert(reason, new Date(now)).dedupeKey };
  return lastAlert.key;
}
