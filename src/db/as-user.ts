import {
  CompiledQuery,
  type Dialect,
  DummyDriver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  Transaction,
} from 'kysely';
import type { DB } from './schema.ts';

/**
 * Runs `work` in a transaction that sees the rows of this user and no others.
 *
 * `begin` and the user's name go out with the first statements, and nobody waits for their answers; statements that are asked
 * for together (`Promise.all`) travel together, in the order they stand in. (Kysely's own transactions wait for each answer.) That is
 * safe here and only here. Should `begin` or the name fail, what follows is refused, or runs in no transaction; and then without
 * a user, so that row-level security shows it nothing and lets it write nothing. (The outbox has no users: a job that got into
 * it like this would find no trip, and end.) Once a statement is refused, Postgres refuses those behind it too.
 */
export function asUser<T>(
  db: Kysely<DB>,
  userId: string,
  work: (trx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  const executor = db.getExecutor();
  return executor.provideConnection(async (connection) => {
    let over = false;
    const end = (query: CompiledQuery) => {
      over = true;
      return connection.executeQuery(query);
    };
    const here = executor.withConnectionProvider({
      provideConnection: async (ask) => {
        // The connection may be another user's by now.
        if (over) throw new Error('the transaction is over');
        return ask(connection);
      },
    });
    for (const query of [BEGIN, named(userId)]) connection.executeQuery(query).catch(() => undefined);
    try {
      const result = await work(new Transaction<DB>({ ...BUILDS_ONLY, executor: here }));
      await end(COMMIT);
      return result;
    } catch (error) {
      await end(ROLLBACK);
      throw error;
    }
  });
}

const [BEGIN, COMMIT, ROLLBACK] = (['begin', 'commit', 'rollback'] as const).map((word) =>
  CompiledQuery.raw(word),
) as [CompiledQuery, CompiledQuery, CompiledQuery];
const named = (userId: string) => CompiledQuery.raw(`select set_config('app.user_id', $1, true)`, [userId]);

/** How a transaction builds its queries; they are run by its executor, on its connection. Source: Kysely, "Splitting query building and execution". */
const dialect: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};
const BUILDS_ONLY = { dialect, driver: new DummyDriver(), config: { dialect } };
