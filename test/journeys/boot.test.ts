import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { createHarness, type Harness } from '../support/harness.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { type Command, startCommand } from '../support/living.ts';
import { type AppProcess, startRole } from '../support/processes.ts';

/* What whoever set up the environment wrongly reads: one line that names the variable, and nothing else. */
let harness: Harness;
let taken: Server;
let started: AppProcess | undefined;
const commands: Command[] = [];
beforeAll(async () => {
  harness = await createHarness({ queues: [] });
  taken = createServer().listen(0, '127.0.0.1');
});
afterEach(() => {
  started?.child.kill('SIGKILL');
  for (const command of commands.splice(0)) command.clear();
});
afterAll(async () => {
  taken.close();
  await harness.stop();
});
const elsewhere = (change: (url: URL) => void): string => {
  const url = new URL(harness.env.DATABASE_URL as string);
  change(url);
  return url.href;
};
/** What a command that fails at once says, line by line. */
async function refusalOf(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<[number | null, string[]]> {
  const command = startCommand(['node', ...args], { ...harness.env, LOG_LEVEL: 'info', ...env });
  commands.push(command);
  const [code] = await command.gone;
  return [code, command.output().trim().split('\n')];
}

test.each(['web', 'worker', 'release'])('%s: a missing database ends it with one line', async (role) => {
  const env = { DATABASE_URL: elsewhere((url) => (url.pathname = '/nowhere')), PORT: '0' };
  const [code, lines] = await refusalOf([`dist/bin/${role}.js`], env);
  expect(code).toBe(1);
  expect(lines).toEqual([expect.stringMatching(/^config: DATABASE_URL: there is no database nowhere at /)]);
});

test('what is wrong with Postgres and with Redis is said at once, a line each', async () => {
  const env = {
    DATABASE_URL: elsewhere((url) => (url.username = 'ghost')),
    REDIS_URL: 'redis://:wrong@127.0.0.1:1',
  };
  const [code, lines] = await refusalOf(['dist/bin/release.js'], env);
  expect(code).toBe(1);
  expect(lines.map((line) => /^config: (\w+): /.exec(line)?.[1])).toEqual(['DATABASE_URL', 'REDIS_URL']);
});

test.each<[string, (issuer: Issuer) => void, RegExp]>([
  [
    'publishes no keys',
    (issuer) => issuer.withdraw('key-1'),
    /publishes no keys; .* needs AUTH_HS256_SECRET/,
  ],
  ['answers a page', (issuer) => issuer.fail('page'), /is no key set/],
  ['is asked for the wrong path', (issuer) => issuer.fail(404), /answers 404 instead of a key set/],
])('an issuer that %s ends web with one line', async (_name, breaks, line) => {
  const issuer = await startIssuer();
  breaks(issuer);
  const [code, lines] = await refusalOf(['dist/bin/web.js'], { ...issuer.env, PORT: '0' });
  issuer.close();
  expect(code).toBe(1);
  expect(lines).toEqual([expect.stringMatching(/^config: AUTH_JWKS_URL: /)]);
  expect(lines[0]).toMatch(line);
});

test('a login that may not migrate ends the release step with one line', async () => {
  const admin = new pg.Client({ connectionString: inject('databaseUrl') });
  await admin.connect();
  const name = `poor_${Date.now().toString(36)}`;
  await admin.query(`create role ${name} login`);
  await admin.query(`create database ${name}`);
  try {
    const env = {
      DATABASE_URL: elsewhere((url) => Object.assign(url, { username: name, pathname: `/${name}` })),
    };
    const [code, lines] = await refusalOf(['dist/bin/release.js'], env);
    expect([code, lines]).toEqual([
      1,
      [expect.stringMatching(/^config: DATABASE_URL: the login may not migrate /)],
    ]);
  } finally {
    await admin.query(`drop database ${name} with (force)`);
    await admin.query(`drop role ${name}`);
    await admin.end();
  }
});

test.each([
  ['web', 'PORT'],
  ['worker', 'WORKER_PORT'],
])('%s: a %s that is in use ends it with one line', async (role, variable) => {
  const { port } = taken.address() as { port: number };
  const [code, lines] = await refusalOf([`dist/bin/${role}.js`], {
    [variable]: String(port),
    HOST: '127.0.0.1',
  });
  expect(code).toBe(1);
  // The log may say what was ready by then.
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
    `config: ${variable}: port ${port} is in use; stop what listens there, or choose another`,
  ]);
});

test('web waits for servers that are down, and says so in its log', async () => {
  started = await startRole('web', {
    ...harness.env,
    DATABASE_URL: elsewhere((url) => (url.port = '1')),
    PORT: '0',
  });
  const { output } = started;
  expect(output()).toMatch(/DATABASE_URL: nothing listens at 127\.0\.0\.1:1; .*; waiting for it/);
  const port = /"port":(\d+)/.exec(output())?.[1];
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
});

test('make run with a wrong DATABASE_URL ticks nothing off, and says one line', async () => {
  const command = startCommand(['node', 'scripts/run.ts'], {
    DATABASE_URL: elsewhere((url) => (url.port = '1')),
  });
  commands.push(command);
  expect(await command.gone).toEqual([1, null]);
  expect(command.output()).not.toContain('✓');
  expect(command.output().trim().split('\n').slice(1).filter(Boolean)).toEqual([
    expect.stringMatching(/^run: DATABASE_URL: nothing listens at /),
  ]);
  await command.nothingLeft();
});

test('npx parker with a wrong DATABASE_URL says one line', async () => {
  const env = { DATABASE_URL: elsewhere((url) => (url.pathname = '/nowhere')) };
  const [code, lines] = await refusalOf(['src/bin/parker.ts', 'fuse'], env);
  expect([code, lines]).toEqual([
    2,
    [expect.stringMatching(/^parker fuse: DATABASE_URL: there is no database nowhere/)],
  ]);
});
