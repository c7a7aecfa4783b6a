import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { checkRedis } from '../../src/redis/check.ts';
import { connectProducer } from '../../src/redis/connections.ts';

/** A certificate can't be made without it. */
const OPENSSL = spawnSync('openssl', ['version']).status === 0;

/** TLS with a certificate that only its owner signed, in front of our Redis, as at Heroku. */
let heroku: Server;
let herokuUrl: string;
const servers: Server[] = [];
beforeAll(async () => {
  if (!OPENSSL) return;
  const folder = mkdtempSync(join(tmpdir(), 'parker-tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1'];
  execFileSync('openssl', [...made, '-subj', '/CN=redis.example'], { stdio: 'ignore' });
  const { hostname, port } = new URL(inject('redisUrl'));
  heroku = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const redis = connect(Number(port), hostname);
    for (const end of [socket, redis]) end.on('error', () => socket.destroy());
    socket.pipe(redis).pipe(socket);
  });
  rmSync(folder, { recursive: true });
  herokuUrl = `rediss://127.0.0.1:${await listening(heroku)}`;
});
afterAll(() => {
  for (const server of servers) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

const check = (url: string, verifyTls = true) => checkRedis(url, { verifyTls });

test('a good Redis has no trouble', async () => {
  expect(await check(inject('redisUrl'))).toBeNull();
});

test.skipIf(!OPENSSL)(
  'a certificate of its own is refused by name, and taken when it is not to be verified',
  async () => {
    expect(await check(herokuUrl)).toEqual({
      line: expect.stringMatching(
        /^REDIS_URL: the certificate of \S+ is not trusted .* set REDIS_TLS_VERIFY=false$/,
      ),
      passing: false,
    });
    expect(await check(herokuUrl, false)).toBeNull();
    const redis = await connectProducer(herokuUrl, () => undefined, { verifyTls: false });
    try {
      expect(await redis.ping()).toBe('PONG');
    } finally {
      redis.disconnect();
    }
  },
);

test.each([
  ['nothing listens', async () => 'redis://127.0.0.1:1', /nothing listens at 127\.0\.0\.1:1/, true],
  ['an unknown host', async () => 'redis://no.such.invalid', /the host no\.such\.invalid is not known/, true],
  [
    'TLS that is not spoken',
    async () => inject('redisUrl').replace('redis:', 'rediss:'),
    /does not answer \(ETIMEDOUT\); if it speaks no TLS, write redis:\/\//,
    true,
  ],
  [
    'a password that is refused',
    async () => inject('redisUrl').replace('://', '://ghost:wrong@'),
    /refuses the password/,
    false,
  ],
  [
    'a Redis that wants a password',
    () => answering('-NOAUTH Authentication required.\r\n'),
    /wants a password; name it/,
    false,
  ],
  [
    'an old Redis',
    () => answering(`$${OLD.length}\r\n${OLD}\r\n`),
    /Redis 5\.0 is too old; use version 6\.2 or newer/,
    false,
  ],
  [
    'another protocol',
    () => answering('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /does not speak as Redis does/,
    false,
  ],
])('%s: one line that names the variable', async (_what, url, words, passing) => {
  const trouble = await check(await url());
  expect(trouble).toEqual({ line: expect.stringMatching(words), passing });
  expect(trouble?.line).toMatch(/^REDIS_URL: [^\n]+$/);
});

const OLD = '# Server\r\nredis_version:5.0.7\r\n';

/** A server that answers each command like this. */
async function answering(reply: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      // Several commands may come at once.
      for (const _ of String(chunk).matchAll(/^\*\d+\r\n/gm)) socket.write(reply);
    });
  });
  return `redis://127.0.0.1:${await listening(server)}`;
}
