import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What must not outlive this process: a process, a folder, or both. */
export interface Owned {
  readonly pid?: number;
  /** Asks the process to end; SIGTERM unless given. */
  readonly endSignal?: NodeJS.Signals;
  /** How long it may take to end before it is killed, in ms; at once unless given. */
  readonly patienceMs?: number;
  /** Removed once the process is gone. */
  readonly folder?: string;
}

let reaper: ChildProcess | undefined;
let ended = false;
let count = 0;
/** What the reaper knows, for the next one when it is killed itself. */
const owned = new Map<number, Owned>();

/**
 * Hands something to a process of its own, `reaper.ts`, which ends it when this one is gone, however it ends.
 * @returns takes it back, once it has ended by other means
 * @throws when everything is being ended: nothing may be started any more
 */
export function own(thing: Owned): () => void {
  const id = ++count;
  const current = readyReaper();
  owned.set(id, thing);
  tell(current, { id, thing });
  return () => {
    owned.delete(id);
    if (reaper) tell(reaper, { id });
  };
}

/** One short line to a local socket is handed to the system before this returns. */
const tell = ({ stdin }: ChildProcess, line: { id: number; thing?: Owned }) =>
  void (stdin?.writable && stdin.write(`${JSON.stringify(line)}\n`));

/** Ends everything that is owned, last things first, and resolves when nothing of it is left. */
export async function endOwned(): Promise<void> {
  ended = true;
  for (;;) {
    const current = reaper;
    if (!current || current.exitCode !== null) return;
    const gone = once(current, 'exit');
    current.ref();
    current.stdin?.end();
    await gone;
  }
}

/** Where a child's stdout and stderr go, and what else it is handed. It has no stdin. */
type Handles = readonly ['ignore', ...('pipe' | 'ignore' | 'inherit' | number)[]];

export interface SpawnOwnedOptions
  extends Omit<SpawnOptions, 'stdio' | 'detached'>,
    Omit<Owned, 'pid' | 'folder'> {
  readonly stdio: Handles;
}

/**
 * The program is run once a line comes, and not at all when its owner is gone before it sends one. Until then the process
 * is a shell that waits: nothing that the reaper does not know of ever runs.
 */
const WAITS_TO_BE_OWNED = 'read -r owned && exec "$0" "$@" </dev/null';

/** Spawns a process in a group of its own, so that Ctrl-C in the terminal does not reach it, and owns it. */
export function spawnOwned<Child extends ChildProcess = ChildProcess>(
  command: string,
  args: readonly string[],
  { endSignal, patienceMs, ...spawning }: SpawnOwnedOptions,
): Child {
  readyReaper();
  const child = spawn('/bin/sh', ['-c', WAITS_TO_BE_OWNED, command, ...args], {
    ...spawning,
    stdio: ['pipe', ...spawning.stdio.slice(1)],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  if (child.pid) {
    const disown = own({
      pid: child.pid,
      ...(endSignal && { endSignal }),
      ...(patienceMs !== undefined && { patienceMs }),
    });
    child.once('exit', disown);
    child.stdin?.end('\n');
  }
  return child as Child;
}

/**
 * Runs a program to its end, owned.
 * @returns what it wrote
 * @throws with what it wrote, when it fails
 */
export async function runOwned(
  command: string,
  args: readonly string[],
  options: Omit<SpawnOwnedOptions, 'stdio'> = {},
): Promise<string> {
  const child = spawnOwned(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${said}`);
  return said;
}

export interface OwnedFolder {
  readonly path: string;
  remove(): void;
}

/** Makes an owned folder for temporary files. @param account who it belongs to, where that is not us */
export function ownFolder(
  prefix: string,
  options: { account?: { uid: number; gid: number }; within?: string } = {},
): OwnedFolder {
  const path = join(
    options.within ?? tmpdir(),
    `${prefix}${process.pid}-${++count}-${Date.now().toString(36)}`,
  );
  const disown = own({ folder: path });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { account } = options;
  if (account) execFileSync('chown', [`${account.uid}:${account.gid}`, path]);
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true, maxRetries: 10 });
      disown();
    },
  };
}

/** @throws when everything is being ended */
function readyReaper(): ChildProcess {
  if (ended) throw new Error('stopping: nothing is started any more');
  return (reaper ??= startReaper());
}

/** Neither the process nor its stdin keeps this one from ending. */
function startReaper(): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    // Not the options of a test runner or a debugger.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  child.unref();
  (child.stdin as unknown as Socket).unref();
  // An owner that is being ended may write to a reaper that is done.
  child.stdin?.on('error', () => undefined);
  // A signal to our process group reaches a child that has been forked and is not in a group of its own yet.
  child.once('exit', (_code, signal) => {
    if (signal) reaper = startReaper();
  });
  for (const [id, thing] of owned) tell(child, { id, thing });
  return child;
}
