import type { DisputeStore } from '../../src/ports/storage/disputes.ts';
import type { Tables } from './tables.ts';

const HOUR_MS = 3_600_000;

/** Disputes in memory. */
export function createMemoryDisputes(tables: Tables): DisputeStore {
  return {
    async record(dispute, decide) {
      const { id: providerId, paymentIntentId, status, closed, amount, openedAt, evidenceDueBy } = dispute;
      const attempt = [...tables.attempts.values()].find((one) => one.paymentIntentId === paymentIntentId);
      if (!attempt) return false;
      const stored = tables.disputes.get(providerId);
      const before = stored?.status ?? null;
      const { id: attemptId, tripId, userId, correlationId } = attempt;
      tables.disputes.set(providerId, {
        id: stored?.id ?? tables.newId(),
        providerId,
        attemptId,
        amount,
        openedAt,
        evidenceDueBy,
        paymentIntentId,
        status,
        closed,
        lookedAt: tables.now(),
      });
      const { events, notifications } = decide({ attemptId, tripId, userId, correlationId }, before);
      for (const { type, detail } of events)
        tables.audit({ tripId, attemptId: null, type, detail, actor: 'worker' });
      for (const request of notifications) tables.notify({ ...request, tripId });
      tables.afterCommit();
      return true;
    },
    due: async (limit) => dueDisputes(tables).slice(0, limit),
  };
}

/** Payments with an open dispute that was not looked at for an hour, longest waiting first. */
export function dueDisputes(tables: Tables): string[] {
  const due = [...tables.disputes.values()]
    .filter(({ closed, lookedAt }) => !closed && tables.now() - lookedAt > HOUR_MS)
    .sort((a, b) => a.lookedAt - b.lookedAt);
  return [...new Set(due.map(({ paymentIntentId }) => paymentIntentId))];
}
