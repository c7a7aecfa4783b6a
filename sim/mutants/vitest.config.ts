import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';
import { type FailedTest, type MutantProjects, SUITES } from './storage.ts';
import { ALL_MUTANTS, mutated } from './text.ts';

/** Runs the suites of the storage once for each mutant that storage.ts asks for; see there. */
const { MUTANT_PROJECTS = '{}', MUTANT_REPORT = '' } = process.env;
const projects = Object.entries(JSON.parse(MUTANT_PROJECTS) as MutantProjects);
const names = new Map(projects.map(([mutant], index) => [`mutant-${index}`, mutant]));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Tells which tests failed. A suite that could not even be loaded proves nothing, and is none of them. */
const reporter: Reporter = {
  onTestRunEnd(modules) {
    const failed = modules.flatMap((module): [string, FailedTest][] =>
      [...module.children.allTests('failed')].map(({ fullName }) => [
        names.get(module.project.name) ?? '',
        { file: module.relativeModuleId, test: fullName },
      ]),
    );
    writeFileSync(MUTANT_REPORT, JSON.stringify(failed.reverse()));
  },
};

export default defineConfig({
  root,
  test: {
    reporters: [reporter],
    globalSetup: 'test/support/servers.ts',
    pool: 'forks',
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: projects.map(([mutant, file], index) => ({
      extends: true,
      plugins: [
        {
          name: mutant,
          enforce: 'pre' as const,
          transform: (code: string, id: string) =>
            mutated(
              id,
              code,
              ALL_MUTANTS.filter(({ name }) => name === mutant),
            ),
        },
      ],
      test: { name: `mutant-${index}`, include: file ? [file] : [...SUITES] },
    })),
  },
});
