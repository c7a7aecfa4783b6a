import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkPostgres } from '../../src/db/check.ts';
import type { Role } from '../../src/db/client/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let home: TestDatabase;
let admin: pg.Client;
const mark = randomBytes(4).toString('hex');
const BYPASSING = `bypassing_${mark}`;
const STRANGER = `stranger_${mark}`;
const servers: Server[] = [];
beforeAll(async () => {
  home = await createDatabase();
  admin = new pg.Client({ connectionString: inject('databaseUrl') });
  await admin.connect();
  await admin.query(`create role ${STRANGER} login`);
  await admin.query(`create database empty_${mark}`);
});
afterAll(async () => {
  await admin.query(`drop database empty_${mark}`);
  await home.drop();
  await admin.query(`drop role ${STRANGER}`);
  await admin.end();
  for (const server of servers) server.close();
});

/** The URL of this file's database with one thing changed. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(home.url);
  change(url);
  return url.href;
}

/** A server that answers every connection like this. @returns its port */
async function serverThat(answers: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answers(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as { port: number }).port);
}

test('a good database has no trouble, for the release step and for both roles', async () => {
  for (const role of [null, 'parker_api', 'parker_worker'] as const)
    expect(await checkPostgres(home.url, role)).toBeNull();
});

test.each<[string, () => string | Promise<string>, Role | null, RegExp, boolean]>([
  [
    'nothing listens',
    () => urlWith((url) => (url.port = '1')),
    null,
    /nothing listens at 127\.0\.0\.1:1; start Postgres/,
    true,
  ],
  [
    'an unknown host',
    () => urlWith((url) => (url.hostname = 'no.such.invalid')),
    null,
    /the host no\.such\.invalid is not known/,
    true,
  ],
  [
    'a missing database',
    () => urlWith((url) => (url.pathname = '/nowhere')),
    'parker_api',
    /there is no database nowhere at .*createdb nowhere/,
    false,
  ],
  [
    'a missing login',
    () => urlWith((url) => (url.username = 'ghost')),
    null,
    /refuses the login ghost/,
    false,
  ],
  [
    'no schema',
    () => urlWith((url) => (url.pathname = `/empty_${mark}`)),
    'parker_api',
    /the schema is missing; run the release step/,
    false,
  ],
  [
    'a login that may not act as the role',
    () => urlWith((url) => (url.username = STRANGER)),
    'parker_api',
    /the login stranger_\w+ may not act as parker_api/,
    false,
  ],
  [
    'TLS that is not spoken',
    () => urlWith((url) => (url.search = 'sslmode=require')),
    null,
    /speaks no TLS; remove sslmode/,
    false,
  ],
  [
    'another protocol',
    async () => {
      const port = await serverThat((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      return urlWith((url) => (url.port = port));
    },
    null,
    /does not speak as Postgres does/,
    false,
  ],
  [
    'no answer',
    async () => {
      const port = await serverThat(() => undefined);
      return urlWith((url) => (url.port = port));
    },
    null,
    /does not answer/,
    true,
  ],
])('%s: one line that names the variable', async (_what, url, role, words, passing) => {
  const trouble = await checkPostgres(await url(), role);
  expect(trouble).toEqual({ line: expect.stringMatching(words), passing });
  expect(trouble?.line).toMatch(/^DATABASE_URL: [^\n]+$/);
});

test('a Postgres that is too old is refused by its version', async () => {
  expect(await checkPostgres(home.url, null, { oldest: 99 })).toEqual({
    line: expect.stringMatching(/^DATABASE_URL: Postgres \d+\.\d+ is too old; use version 99 or newer$/),
    passing: false,
  });
});

test('a session that is not bound by row-level security is refused', async () => {
  // As behind a pooler that drops startup options: the session stays that of the login, here a superuser.
  const login = urlWith((url) => url.searchParams.set('options', '-c role=none'));
  expect((await checkPostgres(login, 'parker_api'))?.line).toMatch(
    /sessions run as parker and not as parker_api, so row-level security would not hold/,
  );
  // Roles belong to the whole server, which other tests use: in a transaction of another name they would see nothing of it.
  await admin.query(`create role ${BYPASSING} bypassrls`);
  try {
    expect((await checkPostgres(home.url, BYPASSING as Role))?.line).toMatch(
      new RegExp(`the role ${BYPASSING} bypasses row-level security; alter role`),
    );
  } finally {
    await admin.query(`drop role ${BYPASSING}`);
  }
});
