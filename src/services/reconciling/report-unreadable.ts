import type { UnreadableRow } from '../../ports/vendor-list.ts';
import { opsAlert } from '../notifications/ops-alert.ts';
import type { VendorListPorts } from './ports.ts';

/**
 * Alerts ops of rows that bear an attempt of ours and can't be read, once for each.
 * @returns the attempts: what the vendor has in their name is unknown, not none
 */
export async function reportUnreadable(
  { notifications, afterCommit }: Pick<VendorListPorts, 'notifications' | 'afterCommit'>,
  what: 'order' | 'authorization',
  rows: readonly UnreadableRow[],
): Promise<string[]> {
  const ours = rows.flatMap(({ attemptId, madeBy, ...row }) =>
    attemptId === null || madeBy === 'another_deployment' ? [] : [{ ...row, attemptId }],
  );
  if (ours.length === 0) return [];
  await notifications.enqueue(
    ours.map(({ id, attemptId, field }) =>
      opsAlert({
        kind: `unreadable_${what}`,
        message: `An ${what} of ours (${id ?? 'without an id'}) can not be read: ${field}. Nothing is done about its attempt until it can.`,
        attemptId,
        dedupe: `unreadable:${id ?? attemptId}`,
      }),
    ),
  );
  afterCommit();
  return ours.map(({ attemptId }) => attemptId);
}
