import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { spawnOwned } from '../../scripts/support/owned.ts';
import { ROOT } from '../../scripts/support/process.ts';

export interface AppProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  output(): string;
  /** Resolves with exit code and signal once it is gone. */
  readonly gone: Promise<[number | null, NodeJS.Signals | null]>;
}

/**
 * Starts a built role as production does; `make test` has built it. It is killed when the test run ends without warning.
 * @param root of another build than this checkout's
 */
export async function startRole(
  role: 'web' | 'worker',
  env: Record<string, string>,
  root = ROOT,
): Promise<AppProcess> {
  const child = spawnOwned<AppProcess['child']>(process.execPath, [`dist/bin/${role}.js`], {
    cwd: root,
    env: { ...process.env, ...env, LOG_LEVEL: 'debug' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ready = role === 'web' ? 'web is listening' : 'worker is ready';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (output.includes(ready)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void gone.then(() => reject(new Error(`${role} stopped at once:\n${output}`)));
  });
  return { child, gone, output: () => output };
}
