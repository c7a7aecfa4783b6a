import type { Clock } from '../../ports/clock.ts';
import type { Orphan, OrphanStore } from '../../ports/storage/orphans.ts';
import { blownFuseAlert } from '../fuse/alert.ts';
import { opsAlert } from '../notifications/ops-alert.ts';

export interface RecordOrphanPorts {
  readonly orphans: OrphanStore;
  readonly clock: Pick<Clock, 'now'>;
  /** Called after a commit that may have left jobs in the outbox. */
  readonly afterCommit: () => void;
}

/**
 * Records that an orphan was found and what is about to be done about it, and alerts ops. An orphan that a person must
 * decide about blows the fuse: a ticket exists that no trip accounts for, and nothing more is bought until people know why.
 * @returns false once its outcome is recorded
 */
export async function recordOrphan(ports: RecordOrphanPorts, orphan: Orphan): Promise<boolean> {
  const { providerId, kind, action } = orphan;
  const notification = opsAlert({
    kind: `orphan_${kind}`,
    message:
      action === 'release'
        ? `An authorization of ours belongs to no trip we know; ${providerId} is being voided.`
        : `A person must decide: ${providerId} is ours and belongs to no trip we know.`,
    dedupe: `orphan:${providerId}`,
    more: { caseId: providerId },
  });
  const reason = 'invariant_breach';
  const breach =
    action === 'human' ? { reason, notification: blownFuseAlert(reason, ports.clock.now()) } : null;
  const open = await ports.orphans.recordIntent(orphan, { notification, breach });
  ports.afterCommit();
  return open;
}
