import type { Tables } from './tables.ts';

/** Whether something is under way that ends by itself. */
export function hasUnfinishedWork({
  attempts,
  events,
  cancellations,
  notifications,
  orderChanges,
}: Tables): boolean {
  for (const { status } of attempts.values()) if (status === 'PENDING') return true;
  for (const { outcome } of events.values()) if (outcome === null) return true;
  for (const { status } of cancellations.values()) if (status === 'PENDING') return true;
  for (const { sent } of notifications.values()) if (!sent) return true;
  for (const { state, acceptRequestedAt, acceptOutcome } of orderChanges.values())
    if (state === 'OPEN' && acceptRequestedAt && acceptOutcome === null) return true;
  return false;
}
