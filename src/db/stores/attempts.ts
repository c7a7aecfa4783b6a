import type { Kysely } from 'kysely';
import type { AttemptStore } from '../../ports/storage/attempts.ts';
import { claimAttempts, dropLease, renewLease } from '../attempts.ts';
import { batched } from '../client/batched.ts';
import type { DB } from '../client/index.ts';
import { type AttemptCommit, commitAlone, commitAttempts } from '../commit-attempts.ts';

/**
 * Booking attempts in Postgres. State, audit log and outbox commit together; nothing here decides, and nothing calls a
 * vendor.
 * @param options.claimMs how long a claim lasts unless renewed
 */
export function createAttemptStore(db: Kysely<DB>, { claimMs }: { claimMs: number }): AttemptStore {
  const together = batched((commits: readonly AttemptCommit[]) => commitAttempts(db, commits));
  return {
    claim: batched((ids: readonly string[]) => claimAttempts(db, ids, claimMs)),
    renew: (attempt) => renewLease(db, attempt, claimMs),
    release: (attempt, waitMs) => dropLease(db, attempt, waitMs),
    async commit(attempt, write) {
      const commit = { attempt, write, leaseMs: claimMs };
      return (await together(commit)) ?? commitAlone(db, commit);
    },
  };
}
