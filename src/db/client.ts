import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { PreparingClient } from './prepared.ts';
import type { DB } from './schema.ts';

export { asUser } from './as-user.ts';
export type { DB } from './schema.ts';

/** What a query runs on: the pool, or the transaction it is part of. */
export type Db = Kysely<DB> | Transaction<DB>;
export type Trx = Transaction<DB>;

/** The roles of migrations/0001_init.sql: one sees a single user's rows, the other works for all of them. */
export type Role = 'parker_api' | 'parker_worker';

export interface Database {
  readonly db: Kysely<DB>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * How long a request waits for its turn on the pool: a thousand at once all get one, within seconds. A Postgres that is
 * gone refuses at once, and does not take this long.
 */
const CONNECT_TIMEOUT_MS = 20_000;
/** No statement of ours should come near this; one that does is stopped rather than left to pile up. */
const STATEMENT_TIMEOUT_MS = 15_000;

/**
 * Opens a pool whose sessions run as `role`, whoever DATABASE_URL signs in as: the login owns the tables and may
 * migrate, the role owns nothing.
 */
export function openDatabase(
  url: string,
  role: Role,
  options: { max?: number; onError?: (error: Error) => void } = {},
): Database {
  const pool = new pg.Pool({
    Client: PreparingClient,
    // Statements that do not wait for each other travel together.
    pipeline: true,
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    application_name: role,
    options: `-c role=${role}`,
    types: { getTypeParser },
  });
  pool.on('error', (error) => options.onError?.(error));
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  return { db, pool, close: () => db.destroy() };
}

/** Dates stay `yyyy-mm-dd`; 64-bit integers become numbers, for money in minor units stays far below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === pg.types.builtins.DATE) return (value: string) => value;
  if (oid === pg.types.builtins.INT8) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
};

/** How a transaction is begun: here with all rows, or with one user's by `asUser`. */
type Begin = <T>(work: (trx: Trx) => Promise<T>) => Promise<T>;

export const inTransaction =
  (db: Kysely<DB>): Begin =>
  (work) =>
    db.transaction().execute(work);

/** Runs `work` in a transaction; undefined when the trip has another live attempt, of which there is only one. */
export async function unlessLive<T>(begin: Begin, work: (trx: Trx) => Promise<T>): Promise<T | undefined> {
  try {
    return await begin(work);
  } catch (error) {
    if (isUniqueViolation(error, 'booking_attempts_one_live')) return undefined;
    throw error;
  }
}

/** A unique constraint said no: somebody else was first. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: hit } = error as { code?: string; constraint?: string };
  return code === '23505' && (constraint === undefined || hit === constraint);
}
