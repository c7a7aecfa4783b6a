import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { startSandbox } from '../../sandbox/server.ts';
import { sandboxEnvironment } from '../../scripts/support/environment.ts';
import { spread } from '../support/measure.ts';
import { goal, publish, versionsOf } from '../support/report.ts';
import type { Servers } from '../support/servers.ts';

const ROUNDS = 5;
/** What a role has taken once it has been up for so long with nothing to do. */
const IDLE_MS = 10_000;
const ROOT = join(import.meta.dirname, '../..');

/** From the start of a process to its being ready, and the memory it holds then. @throws when a role ends instead of being ready */
export async function footprint(servers: Servers): Promise<void> {
  const databaseUrl = await servers.database();
  const sandbox = await startSandbox({});
  const rows = [];
  for (const role of ['worker', 'web'] as const) {
    const ready: number[] = [];
    const megabytes: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const port = await getPort();
      const appUrl = `http://127.0.0.1:${port}`;
      const env = sandboxEnvironment({
        databaseUrl,
        redisUrl: servers.redisUrl,
        sandboxUrl: sandbox.url,
        appUrl,
      });
      const started = performance.now();
      const child = spawn(process.execPath, [`dist/bin/${role}.js`], {
        cwd: ROOT,
        env: { ...process.env, ...env, WORKER_PORT: String(port), NODE_ENV: 'production', LOG_LEVEL: 'warn' },
        stdio: 'ignore',
      });
      while (!(await isReady(`${appUrl}/readyz`))) {
        if (child.exitCode !== null)
          throw new Error(
            `${role} ended with exit code ${child.exitCode}: is dist/ built? npm run build does it`,
          );
        await sleep(10);
      }
      ready.push(performance.now() - started);
      await sleep(IDLE_MS);
      megabytes.push(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)])) / 1_024);
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    const [start, memory] = [spread(ready), spread(megabytes)];
    rows.push({
      name: role,
      'ready ms': start.median,
      'slowest ms': start.high,
      'idle MB': memory.median,
      'most MB': memory.high,
    });
  }
  await sandbox.close();
  const [worker] = rows;
  const [ms, mb] = [worker?.['slowest ms'] ?? Number.NaN, worker?.['most MB'] ?? Number.NaN];
  publish(
    {
      bench: 'footprint',
      setting: `a process from its start to ready, and its memory after ${IDLE_MS / 1_000} idle seconds; ${ROUNDS} starts`,
      rows,
      goals: [
        goal('worker, cold start, ms', '< 2,000', ms, ms < 2_000),
        goal('worker, idle, MB', '< 150', mb, mb < 150),
      ],
    },
    { postgres: servers.postgres, ...versionsOf(['bullmq', 'pg']) },
  );
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
