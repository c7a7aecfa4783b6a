import type { Kysely } from 'kysely';
import type { AuditLog } from '../../ports/storage/audit-log.ts';
import { chainedEntries, chainHeads, currentState } from '../audit-chain.ts';
import type { DB } from '../client/index.ts';

/** The audit log in Postgres. */
export function createAuditLog({ db }: { db: Kysely<DB> }): AuditLog {
  return {
    snapshot: (work) =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((trx) =>
          work({
            chainHeads: () => chainHeads(trx),
            entries: (page) => chainedEntries(trx, page),
            currentState: (tripId, attemptId) => currentState(trx, tripId, attemptId),
          }),
        ),
  };
}
