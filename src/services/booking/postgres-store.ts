import { claimAttempts, dropLease, renewLease } from '../../db/attempts.ts';
import { createCommitter } from '../../db/commit-attempt.ts';
import type { FuseLimits } from '../../db/fuse.ts';
import { gathered } from '../../db/gathered.ts';
import { keepOwnSearches, type OwnSearch } from '../../db/searches.ts';
import { travelersOf } from '../../db/travelers.ts';
import type { Attempt } from '../../domain/attempt.ts';
import type { Change } from '../../domain/attempt-change.ts';
import { byAge } from '../../domain/search.ts';
import { Permanent } from '../../errors.ts';
import type { Cadence, Storage } from '../deps.ts';
import { alertBlown, FUSE_BLOWN } from '../fuse.ts';
import { pack } from '../payload.ts';
import type { Traveler } from '../travelers.ts';
import type { Vault } from '../vault.ts';
import { announced, both, ended, written } from './commit.ts';
import { consequencesOf } from './endings.ts';
import type { AttemptStore } from './ports.ts';

/** The saga's storage on Postgres. State, audit and outbox commit together; nothing here calls a vendor. */
export function createPostgresStore(
  deps: Storage & {
    vault: Vault;
    snapshotFlags: (userId: string) => Promise<Record<string, boolean>>;
    cadence: Cadence;
    fuse: FuseLimits;
    /** How long a claim lasts unless renewed. */
    claimMs: number;
  },
): AttemptStore {
  const { db, vault, claimMs } = deps;
  const commitAttempt = createCommitter(db);
  const keepSearch = gathered(async (searches: readonly OwnSearch[]) => {
    await keepOwnSearches(db, searches);
    return searches.map(() => undefined);
  });
  const travelersOfTrip = gathered(async (tripIds: readonly string[]) => {
    const rows = Map.groupBy(await travelersOf(db, { tripIds }), ({ tripId }) => tripId);
    return tripIds.map((id) => rows.get(id) ?? []);
  });
  return {
    claim: gathered((ids: readonly string[]) => claimAttempts(db, ids, claimMs)),
    renew: (attempt) => renewLease(db, attempt, claimMs),
    release: (attempt) => dropLease(db, attempt),
    async commit(attempt, changes, next) {
      const { stop, blown } = await commitAttempt(attempt, {
        ...written(changes, deps),
        ...(next && announced(attempt, next, deps)),
        ...(await flagsOf(attempt, changes)),
        leaseMs: claimMs,
      });
      // A worker that dies here leaves it to the reconciler to tell that the fuse has blown.
      if (stop !== null || blown) await db.transaction().execute(alertBlown);
      return stop === null ? null : FUSE_BLOWN;
    },

    async finish(attempt, changes, ending) {
      const meaning = consequencesOf(attempt, ending, { cadence: deps.cadence, now: new Date() });
      const flags = await deps.snapshotFlags(attempt.userId);
      await commitAttempt(attempt, {
        ...both(written(changes, deps), ended(attempt, meaning, deps)),
        flags,
      });
      deps.afterCommit();
    },

    keepOffers: ({ tripId, trip: { searchKey } }, result) =>
      keepSearch({ tripId, searchKey, answer: pack(result) }),

    async passengers({ tripId, offer }) {
      const sealed = await travelersOfTrip(tripId);
      const travelers = sealed.map((row) => vault.openWith<Traveler>(row.dataKey, row.userId, row.pii));
      if (travelers.length !== offer?.passengers.length)
        throw new Permanent('travelers_missing', 'a traveller of the trip no longer exists');
      return byAge(travelers);
    },
  };

  /** The flags of the moment stand beside what was decided. */
  async function flagsOf({ userId }: Attempt, changes: readonly Change[]) {
    return changes.some(({ events }) => events?.length) ? { flags: await deps.snapshotFlags(userId) } : {};
  }
}
