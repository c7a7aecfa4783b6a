import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnOwned } from './owned.ts';

export const ROOT = join(import.meta.dirname, '../..');
const BOOT_TIMEOUT_MS = 30_000;
/** A role needs at most SHUTDOWN_TIMEOUT_MS, which is 25 s. */
const PATIENCE_MS = 30_000;
/** How much of what a process said is kept in mind, in characters. */
const TAIL = 2_000;
const LOGS = '.cache/logs';
/** Logs of this run: a process that is started again goes on in its own. */
const logsOfThisRun = new Set<string>();

export interface Process {
  readonly pid: number | undefined;
  /** What it said last. */
  tail(): string;
  /** Resolves with how it ended, such as `exit code 1`, once it has. */
  readonly gone: Promise<string>;
  /** Resolves with the first group once it has said this. @throws when it ends first */
  says(pattern: RegExp): Promise<string>;
  /** Resolves once this address answers 200. @throws when the process ends first, or after half a minute */
  answers(url: string): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches it through us and in the right order.
 * @param fd an open file descriptor that it gets as its number 3
 */
export function startProcess(
  name: string,
  args: string[],
  env: Record<string, string>,
  fd?: number,
): Process {
  mkdirSync(join(ROOT, LOGS), { recursive: true });
  const path = `${LOGS}/${name}.log`;
  const log = createWriteStream(join(ROOT, path), { flags: logsOfThisRun.has(path) ? 'a' : 'w' });
  logsOfThisRun.add(path);
  const child = spawnOwned(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
    patienceMs: PATIENCE_MS,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.pipe(log, { end: false });
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-TAIL);
    });
  }
  const gone = once(child, 'close').then(([code, signal]) => {
    log.end();
    return signal ? `signal ${signal}` : `exit code ${code}`;
  });
  const early = (what: string) =>
    gone.then((how) => {
      throw new Error(`${name} ended (${how}) before it ${what}; ${path} says:\n${said.trim()}`);
    });
  return {
    pid: child.pid,
    tail: () => said.trim(),
    gone,
    says: (pattern) =>
      Promise.race([
        new Promise<string>((resolve) => {
          const look = () => {
            const [, found] = pattern.exec(said) ?? [];
            if (found !== undefined) resolve(found);
          };
          child.stdout?.on('data', look);
        }),
        early('was up'),
      ]),
    answers: (url) => Promise.race([answers(url, path), early('answered')]),
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** @throws when nothing answers there within half a minute */
async function answers(url: string, log: string): Promise<void> {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const reply = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(100);
  }
  throw new Error(
    `${new URL(url).pathname} did not answer within ${BOOT_TIMEOUT_MS / 1_000} s; look into ${log}.`,
  );
}
