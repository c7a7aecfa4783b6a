import { pino } from 'pino';
import { Fenced, OutcomeUnknown, Permanent, Refused, Retryable, StorageUnavailable } from '../errors.ts';
import type { Logger } from '../ports/log.ts';
import { correlationId } from './correlation.ts';

/** Fields that are never logged, at any depth that is logged. */
const PRIVATE = [
  'email',
  'phone',
  'givenName',
  'familyName',
  'bornOn',
  'authorization',
  'cookie',
  'clientSecret',
  'token',
];

/** JSON lines on stdout, each with the correlation id of the work it belongs to. */
export function createLogger(level: string, role: string): Logger {
  return pino({
    level,
    base: { role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => ({ ...(correlationId() && { correlationId: correlationId() }) }),
    redact: {
      paths: PRIVATE.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
    serializers: { err: describeError },
  });
}

/** Messages of our own errors hold no PII. Foreign messages may, so only class, code and stack frames are logged. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'unknown' };
  const ours = [
    Retryable,
    Permanent,
    OutcomeUnknown,
    Fenced,
    Refused,
    StorageUnavailable,
    TypeError,
    RangeError,
  ].some((type) => error instanceof type);
  // Postgres errors name tables and constraints in fields of their own, never values.
  const { code, table, constraint } = error as { code?: unknown; table?: string; constraint?: string };
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '));
  return {
    name: error.name,
    ...(code !== undefined && { code }),
    ...(table && { table }),
    ...(constraint && { constraint }),
    ...(ours && { message: error.message }),
    ...(error.cause instanceof Error && { cause: describeError(error.cause) }),
    frames: frames?.slice(0, 8).map((line) => line.trim()),
  };
}
