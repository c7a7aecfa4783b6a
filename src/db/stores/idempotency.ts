import type { Kysely } from 'kysely';
import type { IdempotencyStore, IdempotencyTransaction } from '../../ports/storage/idempotency.ts';
import { asUser, type DB, type Trx } from '../client/index.ts';
import { dataKeyOf } from '../users.ts';

/** Idempotency keys in Postgres. */
export function createIdempotencyStore({ db }: { db: Kysely<DB> }): IdempotencyStore {
  return {
    release: (userId, key) =>
      asUser(db, userId, async (trx) => {
        await trx.deleteFrom('idempotencyKeys').where('key', '=', key).execute();
      }),
    transaction: (userId, work) => asUser(db, userId, (trx) => work(verbs(trx, userId))),
  };
}

const verbs = (trx: Trx, userId: string): IdempotencyTransaction => ({
  async insert(key, fingerprint) {
    const inserted = await trx
      .insertInto('idempotencyKeys')
      .values({ userId, key, fingerprint })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst();
    return inserted !== undefined;
  },
  lock: (key) =>
    trx
      .selectFrom('idempotencyKeys')
      .select(['fingerprint', 'status', 'response', 'createdAt'])
      .select((eb) =>
        eb
          .selectFrom('users')
          .select('users.dataKey')
          .whereRef('users.userId', '=', 'idempotencyKeys.userId')
          .$asScalar()
          .$notNull()
          .as('dataKey'),
      )
      .where('key', '=', key)
      .forUpdate()
      .executeTakeFirst(),
  async restart(key, at) {
    await trx.updateTable('idempotencyKeys').set({ createdAt: at }).where('key', '=', key).execute();
  },
  async saveReply(key, reply) {
    await trx.updateTable('idempotencyKeys').set(reply).where('key', '=', key).execute();
  },
  dataKey: () => dataKeyOf(trx, userId),
});
