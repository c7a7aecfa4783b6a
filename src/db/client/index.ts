import { CamelCasePlugin, Kysely, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from '../schema.ts';
import { Dialect } from './lost-connection.ts';
import { pooledClient } from './pooled.ts';
import { PreparingClient } from './prepared.ts';

export type { DB } from '../schema.ts';
export { asUser } from './as-user.ts';

/** What a query runs on: the pool, or the transaction that it belongs to. */
export type Db = Kysely<DB> | Transaction<DB>;
export type Trx = Transaction<DB>;

/** The roles of migrations/0001_init.sql: one sees a single user's rows, the other works for all of them. */
export type Role = 'parker_api' | 'parker_worker';

export interface Database {
  readonly db: Kysely<DB>;
  readonly pool: pg.Pool;
  /** @throws StorageUnavailable */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * How long a request waits for a connection of the pool: a thousand concurrent requests all get one within seconds. A
 * Postgres that is down refuses at once.
 */
const CONNECT_TIMEOUT_MS = 20_000;
/** Far above what any statement takes; one that reaches it is cancelled, so that slow statements do not pile up. */
const STATEMENT_TIMEOUT_MS = 15_000;
/**
 * A server that is there cancels a statement before this. Past it the connection is taken for lost: a network partition or a
 * stopped server sends no reset, and the statement would wait for as long as TCP does.
 */
const ANSWER_TIMEOUT_MS = 20_000;
/** An idle connection through which nothing comes is probed by TCP after this. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** What each session, or behind a pooler each transaction, is set to. */
export const settingsOf = (role: Role) => ({
  role,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
});

/** The same as a client's startup parameters. */
export const startupOf = (role: Role) => {
  const { role: _, ...limits } = settingsOf(role);
  return { ...limits, application_name: role, options: `-c role=${role}` };
};

/**
 * Opens a pool whose sessions run as `role`, whoever DATABASE_URL signs in as: the login owns the tables and may
 * migrate, the role owns nothing.
 * @param options.pooled whether a pooler in transaction mode answers at `url`
 * @param options.onError called for each connection that is lost, idle or not; what ran on it throws StorageUnavailable
 * @param options.connectTimeoutMs how long a statement waits for a connection, in ms, before it is refused
 * @param options.answerTimeoutMs how long a statement may take to be answered, in ms, before its connection counts as lost
 */
export function openDatabase(
  url: string,
  role: Role,
  options: {
    max?: number;
    pooled?: boolean;
    onError?: (error: Error) => void;
    answerTimeoutMs?: number;
    connectTimeoutMs?: number;
  } = {},
): Database {
  const pool = new pg.Pool({
    ...(options.pooled
      ? { Client: pooledClient(settingsOf(role)) }
      : { Client: PreparingClient, ...startupOf(role) }),
    // Statements that do not wait for each other are pipelined.
    pipeline: true,
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    query_timeout: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: { getTypeParser },
  });
  // The pool listens to idle connections only. A connection that is lost while it is checked out would end the process: the
  // statements on it are refused, and that is all that a lost connection means.
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)));
  // The pool repeats what an idle connection's own listener has heard.
  pool.on('error', () => undefined);
  const db = new Kysely<DB>({
    dialect: new Dialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  if (options.pooled) pooledDatabases.add(db);
  return {
    db,
    pool,
    ping: async () => void (await db.selectNoFrom((eb) => eb.lit(1).as('one')).execute()),
    close: () => db.destroy(),
  };
}

const pooledDatabases = new WeakSet<Kysely<DB>>();

/** Whether a pooler in transaction mode stands before this database: there no procedure may commit by itself. */
export const isPooled = (db: Kysely<DB>): boolean => pooledDatabases.has(db);

/** Dates stay `yyyy-mm-dd`; 64-bit integers become numbers, for money in minor units stays far below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === pg.types.builtins.DATE) return (value: string) => value;
  if (oid === pg.types.builtins.INT8) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
};

/** Starts a transaction: `inTransaction` one that sees all rows, `asUser` one that sees a user's. */
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

/** Whether a unique constraint refused the statement. @param constraint any when absent */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: hit } = error as { code?: string; constraint?: string };
  return code === '23505' && (constraint === undefined || hit === constraint);
}
