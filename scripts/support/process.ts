import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../..');
const BOOT_TIMEOUT_MS = 30_000;

export interface Process {
  readonly pid: number | undefined;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a process in a group of its own, so that Ctrl-C reaches it through us and in the right order. */
export function startProcess(name: string, args: string[], env: Record<string, string>): Process {
  mkdirSync(join(ROOT, '.cache/logs'), { recursive: true });
  const log = createWriteStream(join(ROOT, `.cache/logs/${name}.log`));
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const killHard = () => child.kill('SIGKILL');
  process.once('exit', killHard);
  return {
    pid: child.pid,
    async stop() {
      process.off('exit', killHard);
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** @throws when nobody answers there within half a minute */
export async function answers(url: string): Promise<void> {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const reply = await fetch(url).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(100);
  }
  throw new Error(
    `${new URL(url).pathname} did not answer within ${BOOT_TIMEOUT_MS / 1_000} s; look into .cache/logs.`,
  );
}
