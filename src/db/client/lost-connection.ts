import { type DatabaseConnection, PostgresDialect, type PostgresDialectConfig, PostgresDriver } from 'kysely';
import { StorageUnavailable } from '../../errors.ts';

/**
 * SQLSTATEs with which Postgres says that the session, not the statement, is the trouble. Source: PostgreSQL, "Appendix A.
 * PostgreSQL Error Codes": connection exceptions (08…), operator intervention (57…: shut down, starting up, statement timeout),
 * too many connections (53300), a session idle for too long (25P03), and a replica that was promoted elsewhere (25006).
 */
const UNAVAILABLE = /^(08\w{3}|57\w{3}|53300|25P03|25006)$/;
/** Errors of the socket and of name resolution. Source: Node.js, "Common system errors", and `dns`. */
const SOCKET = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** pg has no codes for its own errors. test/db/lost-connection.test.ts fails when an upgrade changes these messages. */
const PG_WORDS = /Connection terminated|timeout exceeded when trying to connect|not queryable|read timeout/;

/** Maps a lost connection to the port's error, and leaves every other error as it is. */
export function sayingUnavailable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, severity } = error as { code?: unknown; severity?: string };
  const lost =
    severity === 'FATAL' || severity === 'PANIC'
      ? true
      : typeof code === 'string'
        ? UNAVAILABLE.test(code) || SOCKET.test(code)
        : PG_WORDS.test(error.message);
  return lost ? new StorageUnavailable({ cause: error }) : error;
}

/** A statement that Postgres cancelled, for it took too long, leaves its connection as good as it was. */
export const isOver = ({ cause }: StorageUnavailable): boolean =>
  (cause as { code?: unknown }).code !== QUERY_CANCELED;
const QUERY_CANCELED = '57014';

/** Kysely's driver, with connections that could not be had as the port's error. `PreparingClient` maps what statements meet. */
class Driver extends PostgresDriver {
  override async acquireConnection(
    ...options: Parameters<PostgresDriver['acquireConnection']>
  ): Promise<DatabaseConnection> {
    try {
      return await super.acquireConnection(...options);
    } catch (error) {
      throw sayingUnavailable(error);
    }
  }
}

/** Kysely's dialect with that driver. */
export class Dialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;
  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }
  override createDriver(): PostgresDriver {
    return new Driver(this.#config);
  }
}
