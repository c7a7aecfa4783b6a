import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { Redis } from 'ioredis';
import type { Server } from './postgres.ts';

/** Packages that make up a Redis on Debian and Ubuntu, unpacked beside each other. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];
const CACHE = join(import.meta.dirname, '../../.cache/redis');

const ADVICE = `No Redis was found. Three ways to get one:
  1. install redis-server or valkey-server, so that it is on the PATH
  2. docker run -p 6379:6379 redis:7
  3. set REDIS_URL to one that runs elsewhere`;

interface Program {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The Redis of REDIS_URL, else one of our own on a free port, that keeps nothing on disk.
 * @param options.port one of our own, on this port, whatever REDIS_URL says
 * @param options.cluster a node of a cluster, which remembers the others in this file
 */
export async function startRedis(options: { port?: number; cluster?: string } = {}): Promise<Server> {
  const given = process.env.REDIS_URL;
  if (given && options.port === undefined) return { url: given, note: '', stop: async () => undefined };
  const program = onPath() ?? cached() ?? download();
  if (!program) throw new Error(ADVICE);
  const port = options.port ?? (await getPort());
  const folder = mkdtempSync(join(tmpdir(), 'parker-redis-'));
  const flags = {
    port,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    dir: folder,
    ...(options.cluster && {
      'cluster-enabled': 'yes',
      'cluster-config-file': options.cluster,
      'cluster-node-timeout': 1_000,
      'cluster-require-full-coverage': 'no',
    }),
  };
  const server = spawn(
    program.path,
    Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    { env: { ...process.env, ...program.env }, detached: true, stdio: 'ignore' },
  );
  const killHard = () => server.kill('SIGKILL');
  process.once('exit', killHard);
  const url = `redis://127.0.0.1:${port}`;
  await ready(url);
  return {
    url,
    note: `${program.path.split('/').at(-1)}, port ${port}`,
    stop: async () => {
      process.off('exit', killHard);
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function onPath(): Program | undefined {
  for (const name of ['redis-server', 'valkey-server']) {
    const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return { path: stdout.trim(), env: {} };
  }
  return undefined;
}

function cached(): Program | undefined {
  const path = join(CACHE, 'usr/bin/redis-server');
  if (!existsSync(path)) return undefined;
  const lib = join(CACHE, 'usr/lib');
  const folders = [lib, ...readdirSync(lib).map((name) => join(lib, name))];
  return { path, env: { LD_LIBRARY_PATH: folders.join(':') } };
}

/** Fetches Debian's packages into the cache and unpacks them there; nothing outside it is touched. */
function download(): Program | undefined {
  const lists = join(CACHE, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const own = [
    '-o',
    `Dir::State::Lists=${lists}`,
    '-o',
    `Dir::Cache=${CACHE}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  const quiet = { cwd: CACHE, stdio: 'ignore' } as const;
  try {
    execFileSync('apt-get', ['download', ...PACKAGES], quiet);
  } catch {
    try {
      // The package lists were never fetched; fetch them into the cache too.
      execFileSync('apt-get', [...own, 'update'], quiet);
      execFileSync('apt-get', [...own, 'download', ...PACKAGES], quiet);
    } catch {
      return undefined;
    }
  }
  for (const file of readdirSync(CACHE).filter((name) => name.endsWith('.deb')))
    execFileSync('dpkg', ['-x', file, CACHE], quiet);
  return cached();
}

async function ready(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  try {
    const late = sleep(10_000, undefined, { ref: false }).then(() => {
      throw new Error('Redis did not start within ten seconds.');
    });
    await Promise.race([client.ping(), late]);
  } finally {
    client.disconnect();
  }
}
