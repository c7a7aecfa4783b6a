import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/support/process.ts';

const MINUTES = 60_000;

/** Runs the simulator as its users do. @param mutant a defence taken out of the code before it is loaded */
async function sim(args: readonly string[], mutant?: string): Promise<{ code: number; output: string }> {
  const preload = mutant ? ['--import', './sim/mutants/load.ts'] : [];
  const run = promisify(execFile)(process.execPath, [...preload, 'sim/main.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...(mutant && { MUTANT: mutant }) },
    maxBuffer: 64 * 1024 * 1024,
  });
  return run.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, output: error.stdout }),
  );
}
const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';

test(
  '10,000 seeds break no invariant',
  async () => {
    const { code, output } = await sim(['--seeds', '10000']);
    expect(lastLine(output)).toMatch(/^sim: 10,000 seeds, \d+ schedules covered, 0 violations$/);
    expect(code).toBe(0);
  },
  10 * MINUTES,
);

test(
  'no schedule of one fault breaks an invariant',
  async () => {
    const { code, output } = await sim(['--faults', '1']);
    expect(lastLine(output)).toMatch(
      /^sim: [\d,]+ schedules of up to 1 faults, \d+ schedules covered, 0 violations$/,
    );
    expect(code).toBe(0);
  },
  10 * MINUTES,
);

test('the same seed is the same run, byte for byte', async () => {
  for (const seed of ['3', '79', '221']) {
    const [first, second] = await Promise.all([sim(['--seed', seed]), sim(['--seed', seed])]);
    expect(first.output.split('\n').length).toBeGreaterThan(5);
    expect(second.output).toBe(first.output);
  }
});

test('a schedule makes no second job while one waits: stopped workers have no pile of them to work off', async () => {
  // Its workers are stopped most of the time.
  const { output } = await sim(['--seeds', '1', '--from', '862']);
  const events = Number(/^([\d,]+) events/m.exec(output)?.[1]?.replaceAll(',', ''));
  expect(events).toBeLessThan(100_000);
});

test('what can not be understood is said in one line, with exit code 2', async () => {
  expect((await sim(['--seeds', 'many'])).code).toBe(2);
  expect((await sim(['--strikes', '3:meteor'])).code).toBe(2);
});

/** Bugs the simulator found in this code, each with the run that found it and the mutant that brings it back. */
describe.each([
  {
    bug: 'an authorization after the claim had lapsed during a look-up',
    run: ['--strikes', '20:pause'],
    mutant: 'a look between intent and authorization',
  },
  {
    bug: 'an order cancelled by a worker that had lost its claim',
    run: ['--strikes', '30:capture_refused,42:pause'],
    mutant: 'a look between intent and cancellation',
  },
  {
    bug: 'a call made by a process that was stopped right after its intent',
    run: ['--strikes', '22:pause'],
    mutant: 'no look at the age of the claim',
  },
  {
    bug: 'a second authorization, once Stripe had forgotten the key of the first',
    run: ['--seed', '19'],
    mutant: 'an authorization repeated without a look',
  },
  {
    bug: 'an authorization voided while the second of two orders lived',
    run: ['--strikes', '23:order_twice,30:capture_refused'],
    mutant: 'no look for a second order before the void',
  },
  {
    bug: 'two orders for one attempt, of which one was forgotten',
    run: ['--seed', '999'],
    mutant: "the vendors' lists are not read",
  },
  {
    bug: 'an authorization voided under the first of two orders, once a person had the second cancelled',
    run: ['--seed', '1121'],
    mutant: "the attempt's first order forgotten for the one that a person named",
  },
  {
    bug: 'a reading of refunds from before a pause written over a newer one',
    run: ['--day', 'refunding', '--strikes', '68:pause'],
    mutant: 'an old reading of refunds written over a newer one',
  },
])('$bug', ({ run, mutant }) => {
  test('does not happen', async () => {
    expect(await sim(run)).toMatchObject({ code: 0 });
  });
  test('would be noticed', async () => {
    const { code, output } = await sim(run, mutant);
    expect([code, lastLine(output)]).toEqual([1, expect.stringMatching(/: [A-Z]\d: /)]);
  });
});

test.each(['--simulator', '--storage'])(
  'each defence, taken out of the real code, is noticed by what noticed it last: %s',
  async (which) => {
    const run = promisify(execFile)('node', ['sim/mutants/main.ts', '--recorded', which], {
      cwd: ROOT,
      env: process.env,
    });
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    // Whoever changed what a seed does has to look for other runs: `npm run mutants`.
    expect(stdout.match(/^.*(✗|lived through --).*$/gm) ?? []).toEqual([]);
    expect(stdout).toMatch(/^mutants: (\d+) of \1 mutants caught, 0 lived$/m);
  },
  15 * MINUTES,
);
