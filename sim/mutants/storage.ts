import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caught } from './hunt.ts';

const SUITES = ['test/saga/store.contract.test.ts', 'test/db/commit-attempts.test.ts'];

interface Report {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs the storage's suites on mutated code; vitest.config.ts mutates it. */
export async function tryContract(mutant: string): Promise<Caught> {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const report = join(folder, 'report.json');
  const vitest = spawn('vitest', ['run', ...SUITES, '--reporter=json', `--outputFile=${report}`], {
    env: { ...process.env, MUTANT: mutant },
    stdio: 'ignore',
  });
  await once(vitest, 'exit');
  const { testResults, numTotalTests } = JSON.parse(await readFile(report, 'utf8')) as Report;
  await rm(folder, { recursive: true });
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed');
  const [first] = failed;
  return {
    mutants: [mutant],
    by: first ? { check: first.fullName, how: SUITES.join(' ') } : null,
    runs: numTotalTests,
  };
}
