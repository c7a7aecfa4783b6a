import { type Config, ConfigError, loadConfig } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReportError } from '../telemetry/sentry.ts';

// Stack traces name the lines of src/, in the logs and in error reports.
process.setSourceMapsEnabled(true);

/** Reads the environment, or says what is wrong with it and stops: one line per problem, no value shown. */
export function bootConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split('\n')) console.error(`config: ${line}`);
    process.exit(1);
  }
}

/** Runs `stop` once on SIGTERM or SIGINT and exits 0; a stop that hangs or fails exits 1 in time. */
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

/** What nobody caught is logged without its message, which may hold anything, and ends the process: its state is unknown. */
export function dieOnSurprise(log: Logger, report: ReportError): void {
  const die = (error: unknown) => {
    log.fatal({ err: error }, 'the process ends: an error nobody caught');
    report(error);
    setTimeout(() => process.exit(1), 500).unref();
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
