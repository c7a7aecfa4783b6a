import type { Kysely } from 'kysely';
import type { UserStore } from '../../ports/storage/users.ts';
import { asUser, type DB } from '../client/index.ts';
import { findUser, insertUserIfAbsent, setCustomerId, setEmailIfNewer } from '../users.ts';

/** Users in Postgres. */
export function createUserStore({ db }: { db: Kysely<DB> }): UserStore {
  return {
    find: (userId) => asUser(db, userId, (trx) => findUser(trx, userId)),
    setCustomerId: (userId, stripeCustomerId) =>
      asUser(db, userId, (trx) => setCustomerId(trx, userId, stripeCustomerId)),
    transaction: (userId, work) =>
      asUser(db, userId, (trx) =>
        work({
          find: () => findUser(trx, userId),
          insertIfAbsent: (dataKey) => insertUserIfAbsent(trx, userId, dataKey),
          setEmail: (email, asOf) => setEmailIfNewer(trx, userId, email, asOf),
        }),
      ),
  };
}
