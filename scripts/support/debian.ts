import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownFolder, runOwned } from './owned.ts';

export interface Program {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Wanted {
  /** What it is called on the PATH, the best name first. */
  readonly names: readonly string[];
  /** Packages that make it up on Debian and Ubuntu, unpacked beside each other. */
  readonly packages: readonly string[];
  /** Where it is within them. */
  readonly path: string;
}

const CACHE = join(import.meta.dirname, '../../.cache');

/** A program on the PATH, else in our cache, else fetched into it from Debian's packages; undefined when it can't be had. */
export async function debianProgram(wanted: Wanted): Promise<Program | undefined> {
  const folder = join(CACHE, wanted.packages[0] as string);
  return onPath(wanted.names) ?? cached(folder, wanted.path) ?? (await download(folder, wanted));
}

function onPath(names: readonly string[]): Program | undefined {
  for (const name of names) {
    const { status, stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return { path: stdout.trim(), env: {} };
  }
  return undefined;
}

function cached(folder: string, within: string): Program | undefined {
  const path = join(folder, within);
  if (!existsSync(path)) return undefined;
  const lib = join(folder, 'usr/lib');
  const folders = [lib, ...readdirSync(lib).map((name) => join(lib, name))];
  return { path, env: { LD_LIBRARY_PATH: folders.join(':') } };
}

/**
 * Fetches Debian's packages into the cache and unpacks them there; nothing outside it is touched. Two at once each unpack
 * their own, and the first one's stays: a half unpacked one is never found.
 */
async function download(cache: string, { packages, path }: Wanted): Promise<Program | undefined> {
  const folder = ownFolder('unpacking-', { within: dirname(cache) });
  const lists = join(folder.path, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const own = [
    '-o',
    `Dir::State::Lists=${lists}`,
    '-o',
    `Dir::Cache=${folder.path}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  const here = { cwd: folder.path };
  try {
    await runOwned('apt-get', ['download', ...packages], here).catch(async () => {
      // The package lists were never fetched; fetch them into the cache too.
      await runOwned('apt-get', [...own, 'update'], here);
      await runOwned('apt-get', [...own, 'download', ...packages], here);
    });
    for (const file of readdirSync(folder.path).filter((name) => name.endsWith('.deb')))
      await runOwned('dpkg', ['-x', file, folder.path], here);
    // Some run as another user.
    chmodSync(folder.path, 0o755);
    renameSync(folder.path, cache);
  } catch {
    folder.remove();
  }
  return cached(cache, path);
}
