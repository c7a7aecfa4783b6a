import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file to check. */
export interface Source {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A breach of a rule. */
export interface Finding {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong and what to do, in one line. */
  readonly message: string;
}

/** The folders of our own TypeScript. */
export const FOLDERS = ['src', 'sim', 'sandbox', 'scripts', 'test', 'bench'];

/** Every .ts and .tsx file below `FOLDERS`, sorted by path. Reads the disk, not git, so that new files count. */
export function readSources(root: string): Source[] {
  return globSync(`{${FOLDERS.join(',')}}/**/*.{ts,tsx}`, {
    cwd: root,
    exclude: (path) => path.split('/').includes('node_modules'),
  })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** `src/a.ts:12 message`, one finding a line. */
export const report = (findings: readonly Finding[]): string =>
  findings.map(({ path, line, message }) => `${path}:${line} ${message}\n`).join('');
