import type { Kysely } from 'kysely';
import type { FuseStore } from '../../ports/storage/fuse.ts';
import { batched } from '../client/batched.ts';
import type { DB } from '../client/index.ts';
import {
  armFuse,
  askRearm,
  type BoundsCheck,
  blowFuse,
  fuseReason,
  fuseUsage,
  lockFuse,
  readFuse,
  recordFuseAct,
  usersAtLimit,
} from '../fuse.ts';

/** The fuse in Postgres. */
export function createFuseStore({ db }: { db: Kysely<DB> }): FuseStore {
  // A search that hundreds of trips wait for asks for each of them in the same moment.
  const atLimit = batched((checks: readonly BoundsCheck[]) => usersAtLimit(db, checks));
  return {
    reason: () => fuseReason(db),
    read: () => readFuse(db),
    usage: (options) => fuseUsage(db, options),
    userAtLimit: async (userId, bounds) =>
      (bounds.maxMinor !== null || bounds.maxBookings !== null) && atLimit({ userId, bounds }),
    transaction: (work) =>
      db.transaction().execute((trx) =>
        work({
          lock: (askedWithinMs) => lockFuse(trx, askedWithinMs),
          blow: (reason) => blowFuse(trx, reason),
          askRearm: (who) => askRearm(trx, who),
          arm: (confirmedBy) => armFuse(trx, confirmedBy),
          recordAct: (act) => recordFuseAct(trx, act),
        }),
      ),
  };
}
