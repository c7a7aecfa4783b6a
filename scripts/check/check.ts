import { spawnSync } from 'node:child_process';
import { type Finding, report, type Source } from './source.ts';

/** One rule a change must keep. */
export interface Check {
  readonly name: string;
  /** Returns what is wrong, for the reader; an empty text when nothing is. */
  run(): string | Promise<string>;
}

/**
 * A check that a program of its own does. What the program prints is shown only when it fails.
 * @param env added to the environment
 */
export const tool = (name: string, program: string, args: string[], env?: Record<string, string>): Check => ({
  name,
  run() {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    if (status === 0) return '';
    return `${stdout ?? ''}${stderr ?? ''}` || `${program}: ${error?.message ?? `exit code ${status}`}\n`;
  },
});

/** A check that reads our sources. */
export const ofSources = (
  name: string,
  sources: readonly Source[],
  find: (sources: readonly Source[]) => Finding[],
): Check => ({ name, run: () => report(find(sources)) });
