import { defineConfig } from 'vitest/config';
import { activeMutants, mutated } from './sim/mutants/text.ts';

/** `npm run mutants` runs a suite on code from which a defence was taken out. */
const mutants = activeMutants();

export default defineConfig({
  plugins: mutants.length
    ? [
        {
          name: `mutants: ${process.env.MUTANT}`,
          enforce: 'pre',
          transform: (code, id) => mutated(id, code, mutants),
        },
      ]
    : [],
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: 'test/support/servers.ts',
    pool: 'forks',
    // Each file waits for servers far more than it computes, and has a database and key prefix of its own.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
