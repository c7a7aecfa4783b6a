import { createStackParser, createTransport, type ErrorEvent, type EventHint, Scope } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { correlationId } from './correlation.ts';
import { describeError } from './logger.ts';

export interface ErrorReports {
  /** Sends one error, with tags. Never throws and never waits. */
  report(error: unknown, tags?: Record<string, string>): void;
  /** Sends what is still waiting; called once, at shutdown. */
  close(timeoutMs: number): PromiseLike<unknown>;
}
export type ReportError = ErrorReports['report'];

/**
 * Error reporting, when a DSN is given. What is sent is built here from scratch: class, code, stack frames and tags;
 * requests, users, breadcrumbs and local variables never leave the process. It is Sentry's client without `@sentry/node`
 * around it: that hooks every module for traces nobody asked for, and takes a third of a worker's memory for it.
 */
export function startSentry(options: {
  dsn: string | undefined;
  role: string;
  release?: string;
}): ErrorReports {
  if (!options.dsn) return { report: () => undefined, close: async () => undefined };
  const client = new ServerRuntimeClient({
    dsn: options.dsn,
    ...(options.release && { release: options.release }),
    platform: 'node',
    runtime: { name: 'node', version: process.version },
    serverName: options.role,
    integrations: [],
    stackParser: createStackParser(nodeStackLineParser()),
    transport: (transport) => createTransport(transport, ({ body }) => send(transport.url, body)),
    beforeSend: scrub,
  });
  client.init();
  return {
    report(error, tags = {}) {
      const id = correlationId();
      const scope = new Scope();
      const { code } = describeError(error) as { code?: string };
      scope.setTags({ role: options.role, ...(id && { correlationId: id }), ...(code && { code }), ...tags });
      client.captureException(error, { originalException: error }, scope);
    },
    close: (timeoutMs) => client.close(timeoutMs),
  };
}

/** What Sentry answers about its own limits is honoured by its transport. */
async function send(url: string, body: string | Uint8Array) {
  const { status, headers } = await fetch(url, { method: 'POST', body });
  return {
    statusCode: status,
    headers: {
      'x-sentry-rate-limits': headers.get('x-sentry-rate-limits'),
      'retry-after': headers.get('retry-after'),
    },
  };
}

function scrub(event: ErrorEvent, hint: EventHint): ErrorEvent {
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
