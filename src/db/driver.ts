import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type TransactionSettings,
} from 'kysely';

const asking = new AsyncLocalStorage<string>();

/** Transactions begun by `work` see the rows of this user and no others. */
export const beingUser = <T>(userId: string, work: () => Promise<T>): Promise<T> => asking.run(userId, work);

/** Kysely on Postgres, with a user's transactions begun in one breath with their first statement. */
export class UserDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }
  override createDriver(): Driver {
    return new UserDriver(this.#config);
  }
}

/**
 * `begin` and the user's name go out with the first statement, and nobody waits for their answers: three trips become one.
 * That is safe here and only here. Should either fail, the first statement is refused, or runs in no transaction; and then
 * without a user, so that row-level security shows it nothing and lets it write nothing. (The outbox has no users: a job
 * that got into it like this would find no trip, and end.)
 */
class UserDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const userId = asking.getStore();
    const begun = super.beginTransaction(connection, settings);
    if (userId === undefined) return begun;
    const named = connection.executeQuery(NAME_USER(userId));
    for (const sent of [begun, named]) sent.catch(() => undefined);
  }
}

const NAME_USER = (userId: string) =>
  CompiledQuery.raw(`select set_config('app.user_id', $1, true)`, [userId]);
