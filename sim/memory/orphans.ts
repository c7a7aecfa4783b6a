import type { OrphanStore } from '../../src/ports/storage/orphans.ts';
import type { Tables } from './tables.ts';

/** Orphans in memory. */
export function createMemoryOrphans(tables: Tables): OrphanStore {
  return {
    async recordIntent({ providerId, kind, action, attemptId }, { notification, breach }) {
      const known = tables.orphans.get(providerId);
      if (known) return known.outcome === null;
      tables.orphans.set(providerId, { kind, action, attemptId, outcome: null });
      if (breach && tables.blowFuse(breach.reason)) tables.notify(breach.notification);
      tables.notify(notification);
      tables.afterCommit();
      return true;
    },
    async recordOutcome(providerId, outcome) {
      const known = tables.orphans.get(providerId);
      if (known) known.outcome = outcome;
    },
  };
}
