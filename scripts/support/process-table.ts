import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** `Z` has ended and waits for its parent; `T` is stopped. */
  readonly state: string;
}

/** The processes of this machine. Linux says it in /proc, for small images have no `ps`; others have `ps`. */
export function processTable(): Entry[] {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          // The command's name stands in parentheses and may hold spaces.
          const [state = '', parent] =
            readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
          return [{ pid: Number(pid), parent: Number(parent), state }];
        } catch {
          // It has ended meanwhile.
          return [];
        }
      });
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state };
    });
}

/** Whether a process runs or is stopped. One that has ended and waits for its parent does not. */
export const isRunning = (pid: number): boolean =>
  processTable().some((entry) => entry.pid === pid && !entry.state.startsWith('Z'));

/** A process and those that it started: each session of Postgres is one, in a process group of its own. */
export function familyOf(pid: number): number[] {
  const table = processTable();
  const family = [pid];
  for (const member of family)
    family.push(...table.filter(({ parent }) => parent === member).map((entry) => entry.pid));
  return family;
}

/** Signals processes; those that have ended are passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
}
