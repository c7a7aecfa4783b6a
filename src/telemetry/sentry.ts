import * as Sentry from '@sentry/node';
import { correlationId } from './correlation.ts';
import { describeError } from './logger.ts';

export type ReportError = (error: unknown, tags?: Record<string, string>) => void;

/**
 * Starts error reporting, when a DSN is given. What is sent is built here from scratch: class, code, stack frames and
 * tags. Requests, users, breadcrumbs and local variables never leave the process.
 */
export function startSentry(options: {
  dsn: string | undefined;
  role: string;
  release?: string;
}): ReportError {
  if (!options.dsn) return () => undefined;
  Sentry.init({
    dsn: options.dsn,
    ...(options.release && { release: options.release }),
    serverName: options.role,
    maxBreadcrumbs: 0,
    beforeSend: scrub,
  });
  return (error, tags = {}) => {
    const id = correlationId();
    Sentry.captureException(error, {
      tags: { role: options.role, ...(id && { correlationId: id }), ...tags },
    });
  };
}

function scrub(event: Sentry.ErrorEvent, hint: Sentry.EventHint): Sentry.ErrorEvent {
  const { name, message } = describeError(hint.originalException) as { name: string; message?: string };
  for (const exception of event.exception?.values ?? []) {
    exception.type = name;
    exception.value = message ?? name;
    for (const frame of exception.stacktrace?.frames ?? []) delete frame.vars;
  }
  delete event.request;
  delete event.user;
  delete event.breadcrumbs;
  delete event.extra;
  return event;
}

/** Sends what is still waiting; called once, at shutdown. */
export const flushSentry = (timeoutMs: number): Promise<boolean> => Sentry.close(timeoutMs);
