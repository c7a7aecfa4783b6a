import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { sandboxEnvironment } from './environment.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Fast enough that a fare drop is seen within seconds; production looks every ten minutes. */
const DEMO_CADENCE = { MONITOR_INTERVAL_MS: '4000', SEARCH_FRESHNESS_MS: '2000' };
/** What the shell already says is kept. */
const ownCadence = () =>
  Object.fromEntries(Object.entries(DEMO_CADENCE).filter(([name]) => !process.env[name]));
const BOOT_TIMEOUT_MS = 30_000;

export interface Stack {
  readonly appUrl: string;
  readonly sandboxUrl: string;
  /** A token of the sandbox's issuer. */
  token(claims: { sub: string; roles?: string[]; email?: string }): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Brings up everything Parker needs, each as the process it is in production: Postgres, Redis, the vendors' stand-ins,
 * the release step, the API and a worker.
 * @param say told of each step as it is done
 */
export async function startStack(say: (step: string, note: string) => void): Promise<Stack> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    const postgres = await startPostgres();
    undo.push(postgres.stop);
    say('Postgres', postgres.note || 'from DATABASE_URL');
    const redis = await startRedis();
    undo.push(redis.stop);
    say('Redis', redis.note || 'from REDIS_URL');

    const sandboxPort = await getPort({ port: Number(process.env.SANDBOX_PORT ?? 4010) });
    const appPort = await getPort({ port: Number(process.env.PORT ?? 3000) });
    const appUrl = `http://127.0.0.1:${appPort}`;
    const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
    const addresses = { databaseUrl: postgres.url, redisUrl: redis.url, appUrl, sandboxUrl };
    const env = { ...ownCadence(), ...sandboxEnvironment(addresses) };

    const sandboxEnv = {
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_APP_URL: appUrl,
      SANDBOX_DUFFEL_RATE_LIMIT: '600',
    };
    undo.push(run('sandbox', ['sandbox/main.ts'], sandboxEnv));
    await answers(`${sandboxUrl}/_sandbox/ledger`);
    say('Sandbox', 'Duffel, Stripe, Resend, LaunchDarkly, sign-in and Sentry stand-ins');

    const release = spawn(process.execPath, ['dist/bin/release.js'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(release, 'exit')) as [number];
    if (code !== 0) throw new Error('The release step failed; what it said is above.');
    say('Release', 'schema and schedules are up to date');

    undo.push(run('worker', ['dist/bin/worker.js'], env));
    undo.push(run('web', ['dist/bin/web.js'], env));
    await answers(`${appUrl}/readyz`);
    say('API and worker', 'logs in .cache/logs');
    const token: Stack['token'] = async (claims) => {
      const reply = await fetch(`${sandboxUrl}/_sandbox/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(claims),
      });
      return ((await reply.json()) as { token: string }).token;
    };
    return { appUrl, sandboxUrl, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a process in a group of its own, so that Ctrl-C reaches it through us and in the right order. */
function run(name: string, args: string[], env: Record<string, string>): () => Promise<void> {
  mkdirSync(join(ROOT, '.cache/logs'), { recursive: true });
  const log = createWriteStream(join(ROOT, `.cache/logs/${name}.log`));
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const killHard = () => child.kill('SIGKILL');
  process.once('exit', killHard);
  return async () => {
    process.off('exit', killHard);
    await end(child);
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const reply = await fetch(url).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(100);
  }
  throw new Error(
    `${new URL(url).pathname} did not answer within ${BOOT_TIMEOUT_MS / 1_000} s; look into .cache/logs.`,
  );
}
