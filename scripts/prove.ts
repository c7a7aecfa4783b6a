import { spawnSync } from 'node:child_process';

/** `make prove`: what `make test` does in minutes, done at length. Each line is a claim of docs/reliability.md. */
const SEEDS = process.env.PROVE_SEEDS ?? '1000000';
const KILLS = process.env.PROVE_KILLS ?? '500';

const proofs: [what: string, command: string[], env?: Record<string, string>][] = [
  [`${SEEDS} seeds`, ['node', 'sim/main.ts', '--seeds', SEEDS]],
  ['every schedule of two faults', ['node', 'sim/main.ts', '--faults', '2']],
  ['every mutant', ['node', 'sim/mutants/main.ts']],
  ['every pair of mutants', ['node', 'sim/mutants/main.ts', '--pairs']],
  [
    `${KILLS} kills`,
    ['vitest', 'run', 'test/journeys/chaos.test.ts'],
    { CHAOS_KILLS: KILLS, CHAOS_TRIPS: process.env.PROVE_TRIPS ?? '2000' },
  ],
];

const failed = proofs.filter(([what, [program = '', ...args], env]) => {
  console.log(`\n— ${what}`);
  return spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status !== 0;
});
console.log(`\nprove: ${proofs.length - failed.length} of ${proofs.length} proofs hold`);
process.exit(failed.length ? 1 : 0);
