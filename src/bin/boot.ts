import { checkServers } from '../app/check-servers.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import type { Role } from '../db/client/index.ts';
import type { Logger } from '../ports/log.ts';
import type { ServerTrouble } from '../ports/server-trouble.ts';
import type { ReportError } from '../telemetry/sentry.ts';

// Stack traces name the lines of src/, in the logs and in error reports.
process.setSourceMapsEnabled(true);

/** Reads the environment. When it is wrong, prints one line per problem, without values, and exits 1. */
export function bootConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(...error.message.split('\n'));
  }
}

/** Says why the process can't run, one line each, and ends it. */
export function refuse(...lines: readonly string[]): never {
  for (const line of lines) console.error(`config: ${line}`);
  process.exit(1);
}

/**
 * Asks Postgres, Redis and the issuer what the process relies on. When that can't be had, prints one line per problem and exits 1.
 * @param role null for the release step, which waits for nothing: an outage ends it too
 * @returns the outages, which web and worker wait out
 */
export async function bootServers(config: Config, role: Role | null): Promise<readonly ServerTrouble[]> {
  const found = await checkServers(config, role);
  const fatal = found.filter(({ passing }) => role === null || !passing);
  if (fatal.length) refuse(...fatal.map(({ line }) => line));
  return found;
}

/** Resolves once a role listens. When its port can't be had, prints one line that names the variable, and exits 1. */
export async function bootListening<T>(
  variable: 'PORT' | 'WORKER_PORT',
  port: number,
  listening: Promise<T>,
): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as { code?: string };
    const why = LISTEN_WORDS[code ?? ''] ?? `can't be listened on (${code})`;
    return refuse(`${variable}: port ${port} ${why}`);
  }
}

const LISTEN_WORDS: Record<string, string> = {
  EADDRINUSE: 'is in use; stop what listens there, or choose another',
  EACCES: 'is not allowed to this user; choose one above 1023',
  EADDRNOTAVAIL: 'is on no address of this machine; correct HOST',
};

/** Runs `stop` once on SIGTERM or SIGINT and exits 0; exits 1 when `stop` fails, or takes longer than `timeoutMs`. */
export function stopOnSignal(timeoutMs: number, stop: () => Promise<void>): void {
  let stopping = false;
  const begin = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), timeoutMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error instanceof Error ? error.name : error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
}

/** Logs and reports an uncaught error without its message, which may hold PII, and ends the process: its state is unknown. */
export function dieOnSurprise(log: Logger, report: ReportError): void {
  const die = (error: unknown) => {
    log.fatal({ err: error }, 'process ends: uncaught error');
    report(error);
    setTimeout(() => process.exit(1), 500).unref();
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
