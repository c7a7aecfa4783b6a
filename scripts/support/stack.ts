import { spawn } from 'node:child_process';
import { once } from 'node:events';
import getPort from 'get-port';
import { sandboxEnvironment } from './environment.ts';
import { startPostgres } from './postgres.ts';
import { answers, ROOT, startProcess } from './process.ts';
import { startRedis } from './redis.ts';

/** Fast enough that a fare drop is seen within seconds; production looks every ten minutes. */
const DEMO_CADENCE = { MONITOR_INTERVAL_MS: '4000', SEARCH_FRESHNESS_MS: '2000' };
/** What the shell already says is kept. */
const ownCadence = () =>
  Object.fromEntries(Object.entries(DEMO_CADENCE).filter(([name]) => !process.env[name]));

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
    undo.push(startProcess('sandbox', ['sandbox/main.ts'], sandboxEnv).stop);
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

    undo.push(startProcess('worker', ['dist/bin/worker.js'], env).stop);
    undo.push(startProcess('web', ['dist/bin/web.js'], env).stop);
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
