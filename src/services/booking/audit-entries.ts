import type { AuditEntry } from '../../db/audits.ts';
import type { Attempt } from '../../domain/attempt.ts';
import type { SagaEvent } from '../../domain/attempt-change.ts';

/** What a worker did in an attempt, as entries of the audit trail. */
export function auditEntries(
  attempt: Attempt,
  events: readonly SagaEvent[],
  flags: Record<string, boolean> | undefined,
): AuditEntry[] {
  const { userId, tripId, id: attemptId, correlationId } = attempt;
  return events.map((event) => ({
    ...event,
    userId,
    tripId,
    attemptId,
    correlationId,
    actor: 'worker',
    ...(flags && { flags }),
  }));
}
