import { pino } from 'pino';
import { Fenced, OutcomeUnknown, Permanent, Refused, Retryable } from '../errors.ts';
import { correlationId } from './correlation.ts';

export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Logger;
};

/** Fields that may never reach a log, at any of the depths we log at. */
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

/** Messages we wrote hold no PII; anybody else's may, so of those only class, code and stack frames are kept. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'unknown' };
  const ours = [Retryable, Permanent, OutcomeUnknown, Fenced, Refused, TypeError, RangeError].some(
    (type) => error instanceof type,
  );
  // What Postgres names beside its message: tables and constraints, never values.
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
