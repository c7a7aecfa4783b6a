import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import getPort from 'get-port';
import { expect, test } from 'vitest';
import { spawnOwned } from '../scripts/support/owned.ts';
import { QUEUE_NAMES } from '../src/domain/queue-names.ts';
import { createHarness } from './support/harness.ts';
import { until } from './support/until.ts';

const FOLDER = join(import.meta.dirname, '../ops/deploy');
const text = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');
const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] as string);

test('the examples name queues, files, variables and metrics that there are', () => {
  const queues = all(/WORKER_QUEUES(?:=|, value: ")([a-z,]+)/g).flatMap((list) => list.split(','));
  // Between them the roles work every queue.
  expect(new Set(queues)).toEqual(new Set(QUEUE_NAMES));
  for (const bin of all(/dist\/bin\/(\w+)\.js/g))
    expect(readdirSync(join(import.meta.dirname, '../src/bin'))).toContain(`${bin}.ts`);
  const known = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8');
  for (const name of all(/\b([A-Z][A-Z]+_[A-Z_]+)\b/g))
    expect([name, known.includes(name)]).toEqual([name, true]);
  const measured = readFileSync(join(import.meta.dirname, '../src/app/health.ts'), 'utf8');
  for (const name of all(/(parker_\w+)[{`]/g)) expect(measured).toContain(`'${name}'`);
});

test('a pod is given longer to stop than a process takes', () => {
  const graces = all(/terminationGracePeriodSeconds: (\d+)/g).map(Number);
  expect(graces.length).toBeGreaterThan(0);
  expect(Math.min(...graces)).toBeGreaterThan(25);
});

/** The processes that an example starts: its command and the settings that it names beside those of `.env.example`. */
interface Example {
  readonly name: string;
  readonly command: string[];
  readonly env: Record<string, string>;
}

/** Lines of a Procfile: `book: WORKER_QUEUES=book,notify node dist/bin/worker.js`. */
const ofProcfile = (file: string): Example[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(\w+): ((?:[A-Z_]+=\S+ )*)(node dist\/bin\/\S+)$/gm)].map(
    ([, name = '', env = '', command = '']) => ({ name, command: command.split(' '), env: assignments(env) }),
  );
const assignments = (line: string): Record<string, string> =>
  Object.fromEntries([...line.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]));

/** Containers of the Kubernetes examples. */
const ofKubernetes = (file: string): Example[] =>
  readFileSync(file, 'utf8')
    .split(/^---$/m)
    .flatMap((document) => {
      const args = /args: (\[.*\])/.exec(document)?.[1];
      if (!args) return [];
      const env = [...document.matchAll(/\{ name: ([A-Z_]+), value: "([^"]*)" \}/g)];
      return {
        name: /name: (parker-\w+)/.exec(document)?.[1] as string,
        command: JSON.parse(args) as string[],
        env: Object.fromEntries(env.map(([, key = '', value = '']) => [key, value])),
      };
    });

const heroku = readFileSync(join(FOLDER, 'heroku.md'), 'utf8');
/** What `heroku config:set` sets to a value, and not to a secret of one's own. TLS is the host's; test/redis/check.test.ts has it. */
const herokuEnv = Object.fromEntries(
  [...heroku.matchAll(/config:set (.*)/g)]
    .flatMap(([, line = '']) => Object.entries(assignments(line)))
    .filter(([name, value]) => !value.includes('…') && !value.startsWith('$') && name !== 'PGSSLMODE'),
);
const ROOT = join(import.meta.dirname, '..');
const EXAMPLES: Example[] = [
  ...[...ofProcfile(join(ROOT, 'Procfile')), ...ofProcfile(join(FOLDER, 'heroku.md'))].map((example) => ({
    ...example,
    name: `Heroku, ${example.name}`,
    env: { ...herokuEnv, ...example.env },
  })),
  ...['release', 'parker'].flatMap((name) => ofKubernetes(join(FOLDER, `kubernetes/${name}.yaml`))),
];

test('every example that stands in front of clients says how many proxies there are', () => {
  expect(EXAMPLES.length).toBeGreaterThan(7);
  const fronts = EXAMPLES.filter(({ command }) => command.join().includes('web.js'));
  expect(fronts.map(({ env }) => env.TRUST_PROXY)).toEqual(fronts.map(() => '1'));
});

test.for(EXAMPLES)(
  '$name: it runs with its settings, answers its probes, and stops in time',
  { timeout: 90_000 },
  async ({ command, env }) => {
    const harness = await createHarness({ queues: [] });
    // The ports of the examples belong to their hosts; here they may be taken.
    const port = String(await getPort());
    const [program = '', ...args] = command;
    const child = spawnOwned<ChildProcessByStdio<null, Readable, Readable>>(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...harness.env, ...env, PORT: port, WORKER_PORT: port, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk;
      });
    const gone = once(child, 'exit');
    try {
      if (!command.join().includes('release.js')) {
        for (const path of ['/healthz', '/readyz'])
          await until(`${path}; it said ${said}`, async () => {
            if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
            return (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null))?.ok;
          });
        child.kill('SIGTERM');
      }
      expect([await gone, said]).toEqual([[0, null], said]);
    } finally {
      child.kill('SIGKILL');
      await harness.stop();
    }
  },
);
