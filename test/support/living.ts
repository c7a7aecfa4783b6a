import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ROOT } from '../../scripts/support/process.ts';
import { signalAll } from '../../scripts/support/process-table.ts';
import { until } from './until.ts';

/** A command of the Makefile, run with a folder for temporary files of its own, by which all that it starts is known. */
export interface Command {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves with exit code and signal. */
  readonly gone: Promise<[number | null, NodeJS.Signals | null]>;
  output(): string;
  /** Waits until it has said this. @returns the first group */
  says(pattern: RegExp): Promise<string>;
  /** Command lines, by pid, of what it started and what still runs. */
  living(): Map<number, string>;
  /** Waits until nothing runs and the folder is empty. @throws with what is left */
  nothingLeft(): Promise<void>;
  /** Kills what a failed test left. */
  clear(): void;
}

/** Starts a command as a terminal does, in a process group of its own. */
export function startCommand(command: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
  const folder = mkdtempSync(join(tmpdir(), 'parker-test-'));
  // Postgres runs as another user when we are root.
  chmodSync(folder, 0o755);
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...outside(), PATH: `${ROOT}/node_modules/.bin:${process.env.PATH}`, TMPDIR: folder, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const living = () => livingIn(folder);
  return {
    child,
    gone: once(child, 'exit') as Command['gone'],
    output: () => output,
    async says(pattern) {
      const found = await until(
        `${command.join(' ')} to say ${pattern}`,
        async () => pattern.exec(output) ?? child.exitCode !== null,
        60_000,
      ).catch(() => true as const);
      if (found === true) throw new Error(`${command.join(' ')} did not say ${pattern}, but:\n${output}`);
      return found[1] as string;
    },
    living,
    async nothingLeft() {
      const left = () => [...living().values(), ...readdirSync(folder)];
      await until('everything to end', async () => left().length === 0).catch(() => {
        throw new Error(`left behind:\n${left().join('\n')}`);
      });
    },
    clear() {
      signalAll([...living().keys()], 'SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** This environment without what concerns the run of these tests. */
const outside = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(VITEST|TEST|NODE_ENV$|NODE_OPTIONS$|DATABASE_URL$|REDIS_URL$|PORT$|TINYPOOL)/.test(name),
    ),
  );

/** Processes whose temporary files or working folder are here. Servers overwrite their environment, but not their folder. */
function livingIn(folder: string): Map<number, string> {
  const found = new Map<number, string>();
  // Other systems have no /proc; the tests that rely on it are left out there.
  if (process.platform !== 'linux') return found;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const its = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
      const here =
        readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || its('environ').includes(`TMPDIR=${folder}`);
      if (here) found.set(Number(pid), its('cmdline').join(' '));
    } catch {
      // It has ended meanwhile, has ended and not been waited for, or belongs to another user.
    }
  return found;
}
