import { expect, test } from 'vitest';
import { sandboxEnvironment } from '../scripts/support/environment.ts';
import { ConfigError, loadConfig } from '../src/config.ts';

const good = sandboxEnvironment({
  databaseUrl: 'postgres://127.0.0.1/x',
  redisUrl: 'redis://127.0.0.1',
  sandboxUrl: 'http://127.0.0.1:4010',
  appUrl: 'http://127.0.0.1:3000',
});

test('a good environment becomes one frozen object with its defaults', () => {
  const config = loadConfig(good);
  expect(config).toMatchObject({
    MONITOR_INTERVAL_MS: 600_000,
    DUFFEL_ORDER_TIMEOUT_MS: 130_000,
    SHUTDOWN_TIMEOUT_MS: 25_000,
  });
  expect(config.WORKER_QUEUES).toEqual(['search', 'monitor', 'book', 'notify', 'cleanup']);
  expect(Object.isFrozen(config)).toBe(true);
});

test('an empty environment names everything that is missing, one line each', () => {
  const problems = problemsOf({});
  expect(problems).toContain('DATABASE_URL is missing');
  expect(problems.length).toBeGreaterThan(12);
  expect(new Set(problems).size).toBe(problems.length);
});

test.each([
  ['DATABASE_URL', 'mysql://hunter2'],
  ['REDIS_URL', 'hunter2'],
  ['PORT', '70000'],
  ['LOG_LEVEL', 'hunter2'],
  ['WORKER_QUEUES', 'search,hunter2'],
  ['STRIPE_SECRET_KEY', 'hunter2'],
  ['PII_KEYS', 'v1:hunter2'],
  ['OPS_ALERT_EMAIL', 'hunter2'],
  ['MONITOR_INTERVAL_MS', '-1'],
  ['AUTH_HS256_SECRET', 'hunter2'],
  ['AUTH_AUTHORIZED_PARTIES', 'https://hunter2.example/'],
  ['AUTH_ROLES_CLAIM', 'user_metadata.hunter2'],
  ['AUTH_EMAIL_CLAIM', 'unsafe_metadata.hunter2'],
])('%s that makes no sense is one line that does not show it', (name, value) => {
  const problems = problemsOf({ ...good, [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${name} `));
  expect(problems[0]).not.toContain('hunter2');
});

test('tokens need keys or a secret, and an audience or authorized parties: one line for what is missing', () => {
  const { AUTH_JWKS_URL, AUTH_AUDIENCE, ...rest } = good;
  const secret = 'super-secret-jwt-token-with-at-least-32-characters-long';
  expect(problemsOf({ ...rest, AUTH_AUDIENCE })).toEqual(['AUTH_JWKS_URL is missing']);
  expect(problemsOf({ ...rest, AUTH_JWKS_URL })).toEqual([
    expect.stringMatching(/^AUTH_AUDIENCE is missing/),
  ]);
  loadConfig({ ...rest, AUTH_AUDIENCE, AUTH_HS256_SECRET: secret });
  loadConfig({ ...rest, AUTH_JWKS_URL, AUTH_AUTHORIZED_PARTIES: 'https://app.example,my_client_id' });
});

test.each(['DUFFEL_ACCESS_TOKEN', 'STRIPE_SECRET_KEY'])(
  'with a live %s alerts need an address: one line says which, and either is enough',
  (name) => {
    const live = { DUFFEL_ACCESS_TOKEN: 'duffel_live_x', STRIPE_SECRET_KEY: ['sk', 'live', 'x'].join('_') };
    const { OPS_ALERT_WEBHOOK_URL, ...silent } = good;
    const env = { ...silent, [name]: live[name as keyof typeof live] };
    expect(problemsOf(env)).toEqual([
      'OPS_ALERT_WEBHOOK_URL or OPS_ALERT_EMAIL must be set with a live token: alerts have no address',
    ]);
    loadConfig({ ...env, OPS_ALERT_WEBHOOK_URL });
    loadConfig({ ...env, OPS_ALERT_EMAIL: 'ops@example.com' });
  },
);

test('with test tokens alerts need no address', () => {
  const { OPS_ALERT_WEBHOOK_URL: _, ...silent } = good;
  expect(loadConfig(silent).OPS_ALERT_WEBHOOK_URL).toBeUndefined();
});

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('the environment was accepted');
}
