import type { Logger } from '../src/ports/log.ts';

/** A logger whose lines somebody reads: what PII must not be in. */
export function listening(hear: (line: string) => void): Logger {
  const write = (fields: unknown, message?: unknown) => hear(`${JSON.stringify(fields, plainly)} ${message}`);
  const log = {
    debug: write,
    info: write,
    warn: write,
    error: write,
    fatal: write,
    child: () => log,
  } as Logger;
  return log;
}

const plainly = (_key: string, value: unknown) => (value instanceof Error ? value.message : value);
