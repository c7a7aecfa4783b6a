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
import type { DB } from '../schema.ts';

/**
 * Runs `work` in a transaction that sees the rows of this user and no others.
 *
 * `begin` and the user id are pipelined with the first statements, without waiting for their answers. Statements that are
 * run together (`Promise.all`) are pipelined too, in their order. (Kysely's own transactions wait for each answer.)
 *
 * That is safe with row-level security only. If `begin` or setting the user id fails, later statements are refused, or run
 * outside a transaction without a user id: then row-level security shows them no row and lets them write none. (The outbox
 * has no row-level security: a job that was inserted like this finds no trip, and ends.) After a refused statement Postgres
 * refuses all later ones of the transaction.
 *
 * It relies on insides of Kysely (an executor's `provideConnection` and `withConnectionProvider`, the constructor of
 * `Transaction`) and on pg sending pipelined statements in order. test/db/as-user.test.ts fails when an upgrade changes them.
 * @throws whatever `work` throws; when statements were refused, the error of the first of them
 */
export function asUser<T>(
  db: Kysely<DB>,
  userId: string,
  work: (trx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  const executor = db.getExecutor();
  return executor.provideConnection(async (connection) => {
    let over = false;
    let firstRefusal: unknown;
    const end = (query: CompiledQuery) => {
      over = true;
      return connection.executeQuery(query);
    };
    const here = executor.withConnectionProvider({
      provideConnection: async (run) => {
        // The connection may belong to another user's transaction by now.
        if (over) throw new Error('the transaction is over');
        const answer = run(connection);
        answer.catch((error) => {
          firstRefusal ??= error;
        });
        return answer;
      },
    });
    for (const query of [BEGIN, setUserId(userId)]) connection.executeQuery(query).catch(() => undefined);
    try {
      const result = await work(new Transaction<DB>({ ...BUILDS_ONLY, executor: here }));
      await end(COMMIT);
      return result;
    } catch (error) {
      await end(ROLLBACK);
      // Which of several rejections reaches `work` first is random: those after the first refusal only repeat that there was one.
      throw isInFailedTransaction(error) ? (firstRefusal ?? error) : error;
    }
  });
}

/** Source: PostgreSQL, "Appendix A. PostgreSQL Error Codes": in_failed_sql_transaction. */
const isInFailedTransaction = (error: unknown): boolean => (error as { code?: string }).code === '25P02';

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');
const setUserId = (userId: string) =>
  CompiledQuery.raw(`select set_config('app.user_id', $1, true)`, [userId]);

/** Builds the transaction's queries; its executor runs them. Source: Kysely, "Splitting query building and execution". */
const dialect: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};
const BUILDS_ONLY = { dialect, driver: new DummyDriver(), config: { dialect } };
