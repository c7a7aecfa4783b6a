import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';

/** The suites that must notice, the cheapest first. */
export const SUITES: readonly string[] = [
  'test/domain/reference-rates.test.ts',
  'test/services/case-decisions.test.ts',
  'test/services/refund-readings.test.ts',
  'test/contracts/after-ticket-stores.contract.test.ts',
  'test/contracts/attempt-store.contract.test.ts',
  'test/contracts/attempt-fuse.contract.test.ts',
  'test/contracts/cancellation-store.contract.test.ts',
  'test/contracts/case-store.contract.test.ts',
  'test/db/commit-attempts.test.ts',
  'test/db/fuse-charges.test.ts',
  'test/db/lost-connection.test.ts',
  'test/commands/fuse.test.ts',
];

/** The test that a mutant did not survive. */
export interface FailedTest {
  readonly file: string;
  readonly test: string;
}

/** What vitest.config.ts is asked: for each mutant a project of these files, or of all suites. */
export type MutantProjects = Record<string, string | null>;

const CONFIG = fileURLToPath(new URL('./vitest.config.ts', import.meta.url));

/**
 * Runs the suites of the storage on mutated code: one vitest, with one Postgres, and a project for each mutant.
 * @param fileOf the file of tests that is enough, if it is known
 * @returns by mutant: a test that failed
 */
export async function tryStorage(
  mutants: readonly Mutant[],
  fileOf: (mutant: Mutant) => string | null,
): Promise<Map<string, FailedTest>> {
  if (mutants.length === 0) return new Map();
  const folder = await mkdtemp(join(tmpdir(), 'mutants-'));
  const report = join(folder, 'report.json');
  const projects: MutantProjects = Object.fromEntries(mutants.map((one) => [one.name, fileOf(one)]));
  const vitest = spawn('vitest', ['run', '--config', CONFIG], {
    env: { ...process.env, MUTANT_PROJECTS: JSON.stringify(projects), MUTANT_REPORT: report },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(vitest, 'exit');
  const failed = JSON.parse(await readFile(report, 'utf8')) as [string, FailedTest][];
  await rm(folder, { recursive: true });
  return new Map(failed);
}
