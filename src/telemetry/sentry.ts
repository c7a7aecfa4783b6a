import { createRequire } from 'node:module';
import type * as Sentry from '@sentry/node';
import { correlationId } from './correlation.ts';
import { describeError } from './logger.ts';

export interface ErrorReports {
  /** Sends one error, with tags. Never throws and never waits. */
  report(error: unknown, tags?: Record<string, string>): void;
  /** Sends the waiting events, for at most `timeoutMs`. Called once, at shutdown. */
  close(timeoutMs: number): PromiseLike<unknown>;
}
export type ReportError = ErrorReports['report'];

/**
 * Error reporting, when a DSN is given. An event is built here from scratch: class, code, stack frames and tags.
 * Requests, users, breadcrumbs and local variables never leave the process.
 *
 * `@sentry/node` takes 22 MB, so it is loaded only when there is a DSN. Its CommonJS build takes 6 MB less than the other, and loads at once.
 * @throws Error when the DSN is malformed
 */
export function startSentry(options: {
  dsn: string | undefined;
  role: string;
  release?: string;
}): ErrorReports {
  if (!options.dsn) return { report: () => undefined, close: async () => undefined };
  const sentry = createRequire(import.meta.url)('@sentry/node') as typeof Sentry;
  const client = new sentry.NodeClient({
    dsn: options.dsn,
    release: options.release,
    serverName: options.role,
    stackParser: sentry.defaultStackParser,
    transport: sentry.makeNodeTransport,
    beforeSend: scrub,
    ...NO_INSTRUMENTATION,
  });
  client.init();
  return {
    report(error, tags = {}) {
      const id = correlationId();
      const scope = new sentry.Scope();
      const { code } = describeError(error) as { code?: string };
      scope.setTags({ role: options.role, ...(id && { correlationId: id }), ...(code && { code }), ...tags });
      client.captureException(error, { originalException: error }, scope);
    },
    close: (timeoutMs) => client.close(timeoutMs),
  };
}

/**
 * No integration. The defaults collect what `scrub` removes, or handle what we handle: `dieOnSurprise` reports what was not
 * caught, the runner what a job threw, the HTTP app what a request threw (decision 12).
 */
const NO_INSTRUMENTATION = {
  integrations: [],
  // The other life cycle, `stream`, adds an integration of its own.
  traceLifecycle: 'static',
  // Otherwise the client registers module hooks, which rewrite express, pg and others when they are loaded.
  enableRuntimeChannelInjection: false,
  enableOpenTelemetrySetup: false,
} satisfies Partial<Sentry.NodeOptions>;

/** Lists the fields that are sent, so that a field which an upgrade adds is not sent. */
function scrub(event: Sentry.ErrorEvent, hint: Sentry.EventHint): Sentry.ErrorEvent {
  const { name, message } = describeError(hint.originalException) as { name: string; message?: string };
  const { event_id, timestamp, level, platform, release, environment, server_name, tags, sdk } = event;
  return {
    type: undefined,
    event_id,
    timestamp,
    level,
    platform,
    release,
    environment,
    server_name,
    tags,
    sdk,
    contexts: { runtime: event.contexts?.runtime },
    exception: {
      values: event.exception?.values?.map(({ mechanism, stacktrace }) => ({
        type: name,
        value: message ?? name,
        mechanism: mechanism && { type: mechanism.type, handled: mechanism.handled },
        stacktrace: stacktrace && { frames: stacktrace.frames?.map(scrubFrame) },
      })),
    },
  };
}

/** A frame's position, without the source around it and the values of its variables. */
function scrubFrame(frame: Sentry.StackFrame): Sentry.StackFrame {
  const { filename, module, function: name, lineno, colno, in_app } = frame;
  return { filename, module, function: name, lineno, colno, in_app };
}
