import { afterEach, describe, expect, test } from 'vitest';
import { type Command, startCommand } from '../support/living.ts';
import { until } from '../support/until.ts';

/*
 * `make run` and `make test` are ended at different moments by what ends them in life: Ctrl-C, which reaches the whole process
 * group, SIGTERM, and SIGKILL, which leaves no time to clear up.
 */
const RUN = ['node', 'scripts/run.ts'];
let command: Command | undefined;
afterEach(() => command?.clear());

const signalGroup = ({ child }: Command, signal: NodeJS.Signals) =>
  process.kill(-(child.pid as number), signal);

describe.skipIf(process.platform !== 'linux')('what is interrupted leaves no process and no folder', () => {
  test.for([
    ['SIGINT', 'has hardly begun', /(Parker Flight)/],
    ['SIGTERM', 'has some servers up', /(✓ Redis)/],
    ['SIGINT', 'starts the API', /(✓ Release)/],
    ['SIGHUP', 'is up', /(Ctrl-C stops everything)/],
  ] as const)('make run, by %s when it %s: it stops everything and exits 0', async ([signal, , moment]) => {
    command = startCommand(RUN);
    await command.says(moment);
    signalGroup(command, signal);
    expect(await command.gone).toEqual([0, null]);
    expect(command.output()).toMatch(/Stopped\. Nothing is left running\.\s*$/);
    expect(command.output()).not.toMatch(/at .*\.ts:\d+/);
    await command.nothingLeft();
  });

  test('make run, when the process that ends the others was killed itself', async () => {
    command = startCommand(RUN);
    await command.says(/(✓ Redis)/);
    const reapers = [...command.living()].filter(([, line]) => line.includes('reaper.ts'));
    expect(reapers).toHaveLength(1);
    for (const [pid] of reapers) process.kill(pid, 'SIGKILL');
    await command.says(/(✓ Release)/);
    signalGroup(command, 'SIGINT');
    expect(await command.gone).toEqual([0, null]);
    await command.nothingLeft();
  });

  test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'make test, by %s while its tests run worker processes',
    { timeout: 120_000 },
    async (signal) => {
      command = startCommand(['vitest', 'run', 'test/journeys/shutdown.test.ts']);
      const { living, gone } = command;
      await until(
        'a worker',
        async () => [...living().values()].some((line) => line.includes('bin/worker')),
        60_000,
      );
      signalGroup(command, signal);
      await gone;
      await command.nothingLeft();
    },
  );

  test('make run, killed without warning when it is up', async () => {
    command = startCommand(RUN);
    await command.says(/(Ctrl-C stops everything)/);
    expect([...command.living().values()].join()).toMatch(/postgres.*redis-server|redis-server.*postgres/s);
    command.child.kill('SIGKILL');
    await command.nothingLeft();
  }, 120_000);
});
