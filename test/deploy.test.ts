import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { QUEUE_NAMES } from '../src/config.ts';

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
  const measured = readFileSync(join(import.meta.dirname, '../src/context/health.ts'), 'utf8');
  for (const name of all(/(parker_\w+)[{`]/g)) expect(measured).toContain(`'${name}'`);
});

test('a pod is given longer to stop than a process takes', () => {
  const graces = all(/terminationGracePeriodSeconds: (\d+)/g).map(Number);
  expect(graces.length).toBeGreaterThan(0);
  expect(Math.min(...graces)).toBeGreaterThan(25);
});
