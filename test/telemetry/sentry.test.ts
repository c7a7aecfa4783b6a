import { channel } from 'node:diagnostics_channel';
import { Module } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { Permanent } from '../../src/errors.ts';
import { withCorrelation } from '../../src/telemetry/correlation.ts';
import { startSentry } from '../../src/telemetry/sentry.ts';

/** What the integrations of Sentry change in a process. */
function globals() {
  const listeners = (event: string) => process.listenerCount(event);
  return {
    uncaughtException: listeners('uncaughtException'),
    uncaughtExceptionMonitor: listeners('uncaughtExceptionMonitor'),
    unhandledRejection: listeners('unhandledRejection'),
    SIGTERM: listeners('SIGTERM'),
    exit: listeners('exit'),
    subscribed: ['http.client.request.start', 'http.server.request.start', 'undici:request:create'].filter(
      (name) => channel(name).hasSubscribers,
    ),
    fetch: globalThis.fetch,
    consoleError: console.error,
    functionToString: Function.prototype.toString,
    // The module hooks that rewrite express, pg and others as they load.
    compileModule: (Module.prototype as { _compile?: unknown })._compile,
    moduleHooks: (globalThis as { __SENTRY_ORCHESTRION__?: unknown }).__SENTRY_ORCHESTRION__,
    openTelemetry: Object.keys(
      (globalThis as Record<symbol, object>)[Symbol.for('opentelemetry.js.api.1')] ?? {},
    ),
  };
}
// Sentry changes a process once, at its first start, so this stands before any test.
const BEFORE_SENTRY = globals();

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const dsn = () => `${sandbox.url.replace('://', '://sandbox@')}/sentry/1`;

/** The event of an envelope: a header, the item's header and the item, a line each. */
const events = () => sandbox.intake.envelopes.map((envelope) => JSON.parse(envelope.split('\n')[2] ?? ''));

test('a report says what failed, where and in whose work, and nothing that the error quotes', async () => {
  const errors = startSentry({ dsn: dsn(), role: 'worker', release: '1.2.3' });
  const cause = Object.assign(new Error('Jane Doe is not a name'), {
    code: '23505',
    detail: 'jane@example.org',
  });
  withCorrelation('corr-1', () => {
    errors.report(new Permanent('offer_gone', 'the offer is gone'), { queue: 'book' });
    errors.report(Object.assign(new Error('Jane Doe is not a name', { cause }), { code: '23505' }));
    errors.report('Jane Doe');
  });
  await errors.close(2_000);

  const [ours, theirs, thrown] = events();
  expect(ours).toMatchObject({
    release: '1.2.3',
    server_name: 'worker',
    tags: { role: 'worker', correlationId: 'corr-1', code: 'offer_gone', queue: 'book' },
    exception: { values: [{ type: 'Permanent', value: 'the offer is gone' }] },
  });
  expect(ours.exception.values[0].stacktrace.frames.at(-1).filename).toContain('sentry.test.ts');
  expect(theirs).toMatchObject({
    tags: { code: '23505' },
    exception: { values: [{ type: 'Error', value: 'Error' }] },
  });
  expect(thrown).toMatchObject({ exception: { values: [{ type: 'unknown', value: 'unknown' }] } });
  expect(sandbox.intake.envelopes.join('\n')).not.toMatch(/jane/i);
});

test('an event has the fields that are meant, from no integration of Sentry', async () => {
  const errors = startSentry({ dsn: dsn(), role: 'worker', release: '1.2.3' });
  errors.report(new Permanent('offer_gone', 'the offer is gone'));
  await errors.close(2_000);

  const event = events().at(-1);
  expect(event.sdk).toMatchObject({ name: 'sentry.javascript.node', integrations: [] });
  expect(Object.keys(event).sort()).toEqual([
    'contexts',
    'environment',
    'event_id',
    'exception',
    'level',
    'platform',
    'release',
    'sdk',
    'server_name',
    'tags',
    'timestamp',
  ]);
  expect(Object.keys(event.contexts)).toEqual(['runtime']);
  const [exception] = event.exception.values;
  expect(Object.keys(exception).sort()).toEqual(['mechanism', 'stacktrace', 'type', 'value']);
  const fields = new Set(exception.stacktrace.frames.flatMap(Object.keys));
  expect([...fields].sort()).toEqual(['colno', 'filename', 'function', 'in_app', 'lineno', 'module']);
});

test('reporting handles no event of the process, hooks no module, watches no request and starts no tracing', async () => {
  const errors = startSentry({ dsn: dsn(), role: 'worker' });
  errors.report(new Error('x'));
  expect(globals()).toEqual(BEFORE_SENTRY);
  await errors.close(2_000);
});

test('errors go nowhere without an address, and a dead address costs nobody anything', async () => {
  const silent = startSentry({ dsn: undefined, role: 'web' });
  silent.report(new Error('x'));
  await silent.close(10);
  const lost = startSentry({ dsn: 'http://sandbox@127.0.0.1:1/1', role: 'web' });
  lost.report(new Error('x'));
  await lost.close(2_000);
});
