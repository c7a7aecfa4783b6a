import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { debianProgram } from './debian.ts';
import { ownFolder, spawnOwned } from './owned.ts';
import { onFreePort, PortTaken } from './ports.ts';
import type { Server } from './postgres.ts';

const REDIS = {
  names: ['redis-server', 'valkey-server'],
  packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'],
  path: 'usr/bin/redis-server',
};

const ADVICE = `No Redis was found. Three ways to get one:
  1. install redis-server or valkey-server, so that it is on the PATH
  2. docker run -p 6379:6379 redis:7
  3. set REDIS_URL to one that runs elsewhere`;

/**
 * The Redis of REDIS_URL, else one of our own on a free port, that keeps nothing on disk.
 * @param options.port one of our own, on this port, whatever REDIS_URL says
 * @param options.cluster a node of a cluster, which remembers the others in this file
 */
export async function startRedis(options: { port?: number; cluster?: string } = {}): Promise<Server> {
  const given = process.env.REDIS_URL;
  if (given && options.port === undefined) return { url: given, note: '', stop: async () => undefined };
  const program = await debianProgram(REDIS);
  if (!program) throw new Error(ADVICE);
  const folder = ownFolder('parker-redis-');
  const boot = async (port: number) => {
    const flags = {
      port,
      bind: '127.0.0.1',
      save: '',
      appendonly: 'no',
      'maxmemory-policy': 'noeviction',
      dir: folder.path,
      ...(options.cluster && {
        'cluster-enabled': 'yes',
        'cluster-config-file': options.cluster,
        'cluster-node-timeout': 1_000,
        'cluster-require-full-coverage': 'no',
      }),
    };
    const server = spawnOwned(
      program.path,
      Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]),
      {
        cwd: folder.path,
        env: { ...process.env, ...program.env },
        stdio: ['ignore', 'pipe', 'ignore'],
        patienceMs: 5_000,
      },
    );
    await ready(server);
    return server;
  };
  const [port, server] = options.port
    ? ([options.port, await boot(options.port)] as const)
    : await onFreePort(boot);
  return {
    url: `redis://127.0.0.1:${port}`,
    note: `${program.path.split('/').at(-1)}, port ${port}`,
    freeze: (on) => void server.kill(on ? 'SIGSTOP' : 'SIGCONT'),
    onExit: (callback) => void server.once('exit', callback),
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM');
        await once(server, 'exit');
      }
      folder.remove();
    },
  };
}

/**
 * Resolves once this very server takes connections: another one's answer on the same port would not do.
 * @throws PortTaken, or an error with what it said
 */
function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const failed = () =>
      reject(
        /Address already in use/.test(said) ? new PortTaken() : new Error(`Redis did not start:\n${said}`),
      );
    server.stdout?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4_000);
      if (!/ready to accept connections/i.test(said)) return;
      server.off('exit', failed);
      resolve();
    });
    server.once('exit', failed);
    server.once('error', reject);
  });
}
