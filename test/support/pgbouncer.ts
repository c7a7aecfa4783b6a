import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianProgram } from '../../scripts/support/debian.ts';
import { ownFolder, spawnOwned } from '../../scripts/support/owned.ts';
import { onFreePort, PortTaken } from '../../scripts/support/ports.ts';
import { unprivilegedAccount } from '../../scripts/support/postgres.ts';

/** PgBouncer with what it needs on Debian; undefined where it can't be had. */
export const pgBouncer = await debianProgram({
  names: ['pgbouncer'],
  packages: ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'],
  path: 'usr/sbin/pgbouncer',
});

export interface Pooler {
  /** The URL of the same database through the pooler, as this login. */
  url(databaseUrl: string, login: string): string;
  stop(): void;
}

/** A PgBouncer in transaction mode, with fewer sessions than a test has clients. */
export async function startPooler(
  databaseUrl: string,
  login: string,
  settings: Record<string, string> = {},
): Promise<Pooler> {
  if (!pgBouncer) throw new Error('there is no PgBouncer');
  const { path, env } = pgBouncer;
  const account = unprivilegedAccount();
  const folder = ownFolder('parker-pgbouncer-', { ...(account && { account }) });
  const [ini, users] = [join(folder.path, 'ini'), join(folder.path, 'users')];
  const { hostname, port: postgres } = new URL(databaseUrl);
  writeFileSync(users, `"${login}" ""\n`);
  const [port, child] = await onFreePort(async (port) => {
    const lines = Object.entries({
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'trust',
      auth_file: users,
      pool_mode: 'transaction',
      default_pool_size: '3',
      ...settings,
    }).map(([name, value]) => `${name} = ${value}`);
    writeFileSync(
      ini,
      `[databases]\n* = host=${hostname} port=${postgres}\n[pgbouncer]\n${lines.join('\n')}\n`,
    );
    chmodSync(ini, 0o644);
    const started = spawnOwned(path, [ini], {
      ...account,
      cwd: folder.path,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      started.stderr?.on('data', (chunk: Buffer) => {
        said += chunk;
        if (said.includes('process up')) resolve();
      });
      started.once('exit', () =>
        reject(/in use/.test(said) ? new PortTaken() : new Error(`PgBouncer did not start:\n${said}`)),
      );
    });
    return started;
  });
  return {
    url(database, user) {
      const url = new URL(database);
      Object.assign(url, { username: user, port: String(port) });
      return url.href;
    },
    stop() {
      child.kill('SIGKILL');
      folder.remove();
    },
  };
}
