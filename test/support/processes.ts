import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '../../scripts/support/process.ts';

export interface AppProcess {
  readonly child: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** Resolves with exit code and signal once it is gone. */
  readonly gone: Promise<[number | null, NodeJS.Signals | null]>;
}

/**
 * Starts a built role as production does; `make test` has built it.
 * @param root of another build than this checkout's
 */
export async function startRole(
  role: 'web' | 'worker',
  env: Record<string, string>,
  root = ROOT,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [`dist/bin/${role}.js`], {
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
