import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { apiClient } from '../../scripts/support/api.ts';
import { type Command, startCommand } from '../support/living.ts';
import { until } from '../support/until.ts';

const RUN = ['node', 'scripts/run.ts'];
const commands: Command[] = [];
afterEach(() => {
  for (const command of commands.splice(0)) command.clear();
});
const start = (env: NodeJS.ProcessEnv = {}) => {
  const command = startCommand(RUN, env);
  commands.push(command);
  return command;
};
/** Waits until it is up. */
async function addressesOf(command: Command) {
  await command.says(/(Ctrl-C stops everything)/);
  return {
    appUrl: await command.says(/API +(http:\S+)/),
    sandboxUrl: await command.says(/Inbox +(http:\/\/[^/]+)/),
    token: await command.says(/export TOKEN=(\S+)/),
  };
}
const pidOf = (command: Command, what: string) =>
  [...command.living()].find(([, line]) => line.includes(what))?.[0] as number;

describe.skipIf(process.platform !== 'linux')('make run', () => {
  test('two at once share no port: each has an API, a sandbox and a story of its own', async () => {
    // Both find the same ports free when they look.
    const [one, two] = [start(), start()];
    const [here, there] = await Promise.all([addressesOf(one), addressesOf(two)]);
    expect(new Set([here.appUrl, here.sandboxUrl, there.appUrl, there.sandboxUrl]).size).toBe(4);
    for (const [own, other] of [
      [here, there],
      [there, here],
    ] as const) {
      expect(await fetchStatus(`${own.appUrl}/api/trips`, own.token)).toBe(200);
      expect(await fetchStatus(`${own.appUrl}/api/trips`, other.token)).toBe(401);
    }

    // A dead web process is told, and started again on its port; a dead worker too.
    process.kill(pidOf(one, 'dist/bin/web.js'), 'SIGKILL');
    await one.says(/(web ended \(signal SIGKILL\) and was started again)/);
    expect(await fetchStatus(`${here.appUrl}/api/trips`, here.token)).toBe(200);
    process.kill(pidOf(one, 'dist/bin/worker.js'), 'SIGKILL');
    await one.says(/(worker ended \(signal SIGKILL\) and was started again)/);

    // Without Postgres there is nothing to go on with: it says so in one line, and ends all.
    process.kill(pidOf(two, '/bin/postgres'), 'SIGKILL');
    expect(await two.gone).toEqual([1, null]);
    expect(two.output()).toMatch(/run: Postgres ended, and its data is gone\./);
    await two.nothingLeft();
    one.child.kill('SIGINT');
    expect(await one.gone).toEqual([0, null]);
    await one.nothingLeft();
  }, 180_000);

  test('its reader costs the demo user no requests, and tells a look that found the same only once', async () => {
    const command = start();
    const { appUrl, sandboxUrl, token } = await addressesOf(command);
    const sandbox = apiClient(sandboxUrl);
    const fare = (amount: string) =>
      sandbox('POST', '/_sandbox/prices', { origin: 'LHR', destination: 'JFK', amount, currency: 'GBP' });
    await fare('480.00');
    const request = JSON.parse(await command.says(/-d '(\{"origin":"LHR".*"consent":true\})'/));
    const api = apiClient(appUrl, token);
    const trips = [];
    // Trips of other dates, for the same trip twice is refused.
    for (const day of [1, 2, 3, 4]) {
      const departureDate = new Date(Date.now() + (70 + day) * 86_400_000).toISOString().slice(0, 10);
      trips.push(await api<{ id: string }>('POST', '/api/trips', { ...request, departureDate }));
    }
    // What it says of npx parker holds: the file that it wrote lets its operator act.
    const rearm = await command.says(/(\(\. \.cache\/run-\d+\.env; npx parker fuse rearm\))/);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', rearm], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('fuse: armed');
    const { id } = trips[0] as { id: string };
    await command.says(new RegExp(`(${appUrl}/trips/${id}#token=)`));
    const database = new pg.Client(await command.says(/DATABASE_URL='(\S+)' npx parker/));
    database.on('error', () => undefined);
    await database.connect();
    const seen = new Set<string>();
    await until('three looks at one trip', async () => {
      const { rows } = await database.query<{ at: Date | null }>(
        'select last_checked_at as at from trip_requests where id = $1',
        [id],
      );
      if (rows[0]?.at) seen.add(rows[0].at.toISOString());
      return seen.size >= 3;
    });
    await database.end();
    // A traveller, a card, the trips, and the request that asks: whatever the minute began with.
    expect(await spent(appUrl, token)).toBeLessThanOrEqual(2 + trips.length + 1);
    const lines = command.output().match(/search\.completed/g) ?? [];
    expect(lines.length).toBeLessThanOrEqual(trips.length);
  }, 120_000);

  test('it listens on loopback only, and its first page is one', async () => {
    const { appUrl } = await addressesOf(start());
    const page = await fetch(appUrl);
    expect([page.status, await page.text()]).toEqual([200, expect.stringMatching(/href="\/docs"/)]);
    const port = Number(new URL(appUrl).port);
    // The same port of another address of this machine is free.
    const other = createServer();
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject);
      other.listen(port, '127.0.0.2', resolve);
    });
    other.close();
  }, 120_000);
});

const fetchStatus = async (url: string, token: string): Promise<number> =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;

/** Requests that were counted for this user in this minute. */
async function spent(appUrl: string, token: string): Promise<number> {
  const reply = await fetch(`${appUrl}/api/trips`, { headers: { authorization: `Bearer ${token}` } });
  const [, limit, remaining] =
    /limit=(\d+), remaining=(\d+)/.exec(reply.headers.get('ratelimit') ?? '') ?? [];
  return Number(limit) - Number(remaining);
}
