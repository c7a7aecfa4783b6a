import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/process.ts';
import { ALL_MUTANTS, mutated } from '../../sim/mutants/text.ts';

/** Where node and tsc find the packages; each mutant has a folder of its own, laid over the repository. */
const FOLDER = join(ROOT, `node_modules/.cache/mutants-${process.pid}`);
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

test('no two mutants share a name', () => {
  const names = ALL_MUTANTS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test.each(ALL_MUTANTS)('$name: changes exactly one place', (mutant) => {
  const path = join(ROOT, mutant.file);
  const source = readFileSync(path, 'utf8');
  expect(mutated(path, source, [mutant])).not.toBe(source);
});

// A mutant that does not compile ends in an error that any check notices: it proves nothing about the defence.
test('what each mutant leaves compiles', () => {
  const folders = ALL_MUTANTS.map((mutant, index) => {
    const path = join(FOLDER, String(index), mutant.file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, mutated(path, readFileSync(join(ROOT, mutant.file), 'utf8'), [mutant]));
    return { folder: join(FOLDER, String(index)), path };
  });
  writeFileSync(
    join(FOLDER, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        rootDirs: [ROOT, ...folders.map(({ folder }) => folder)],
      },
      include: [],
      files: folders.map(({ path }) => path),
    }),
  );
  const { stdout, status } = spawnSync('tsc', ['-p', FOLDER, '--pretty', 'false'], { encoding: 'utf8' });
  const said = stdout.replace(
    /^.*mutants-\d+\/(\d+)\//gm,
    (_, index) => `${ALL_MUTANTS[Number(index)]?.name}: `,
  );
  expect([said, status]).toEqual(['', 0]);
  // It compiles the whole project once more.
}, 300_000);
