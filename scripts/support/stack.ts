import { sandboxEnvironment } from './environment.ts';
import { keepRunning, type StackListener } from './keep-running.ts';
import { bindPort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { type Process, startProcess } from './process.ts';
import { startRedis } from './redis.ts';
import { checkServers } from './servers.ts';

/** Fast enough that a fare drop is seen within seconds; production looks every ten minutes. */
const DEMO_SEARCH_SCHEDULE = { MONITOR_INTERVAL_MS: '4000', SEARCH_FRESHNESS_MS: '2000' };
/** What the shell already says is kept. */
const demoSearchSchedule = () =>
  Object.fromEntries(Object.entries(DEMO_SEARCH_SCHEDULE).filter(([name]) => !process.env[name]));

/** The debugger's usual port. It is open on 127.0.0.1 only. */
const INSPECTOR_PORT = 9229;
/** `INSPECT=worker` or `INSPECT=web` names the one process that a debugger may attach to. */
const inspectFlags = (role: 'web' | 'worker') =>
  process.env.INSPECT === role ? [`--inspect=127.0.0.1:${INSPECTOR_PORT}`] : [];

/** Where the development servers of web apps listen: Next and its kind, Angular, Vite. */
const WEB_APPS =
  process.env.CORS_ORIGINS ??
  [3001, 4200, 5173].flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`]).join(',');

export interface Stack {
  readonly appUrl: string;
  readonly sandboxUrl: string;
  readonly databaseUrl: string;
  /** The environment of its processes. */
  readonly env: Readonly<Record<string, string>>;
  /** A token of the sandbox's issuer. */
  token(claims: { sub: string; roles?: string[]; email?: string }): Promise<string>;
}

/**
 * Brings up everything Parker needs, each as the process it is in production: Postgres, Redis, the vendors' stand-ins,
 * the release step, the API and a worker. All of it is owned: `endOwned` ends it, at any moment.
 * @throws an Error whose message alone says what is wrong
 */
export async function startStack(listener: StackListener): Promise<Stack> {
  const broken = (why: string) => listener.broken?.(why);
  await checkServers(process.env);
  const [postgres, redis, appPort] = await Promise.all([
    startPostgres(),
    startRedis(),
    bindPort(Number(process.env.PORT ?? 3000)),
  ]);
  postgres.onExit?.(() => broken('Postgres ended, and its data is gone.'));
  redis.onExit?.(() => broken('Redis ended.'));
  listener.step('Postgres', postgres.note || 'from DATABASE_URL');
  listener.step('Redis', redis.note || 'from REDIS_URL');

  const appUrl = `http://127.0.0.1:${appPort.port}`;
  const sandbox = await startSandbox(appUrl);
  const { url: sandboxUrl } = sandbox;
  void sandbox.gone.then((how) => broken(`The sandbox ended (${how}), and with it what it knew.`));
  listener.step('Sandbox', 'Duffel, Stripe, Resend, LaunchDarkly, sign-in and Sentry stand-ins');

  const addresses = { databaseUrl: postgres.url, redisUrl: redis.url, appUrl, sandboxUrl };
  const env = { CORS_ORIGINS: WEB_APPS, ...demoSearchSchedule(), ...sandboxEnvironment(addresses) };
  await release(env);
  listener.step('Release', 'schema and schedules are up to date');

  await Promise.all([
    keepRunning('worker', listener, async () => {
      const worker = startProcess('worker', [...inspectFlags('worker'), 'dist/bin/worker.js'], env);
      if (!isQuiet(process.env.LOG_LEVEL)) await worker.says(/(worker is ready)/);
      return worker;
    }),
    keepRunning('web', listener, async () => {
      const listening = { ...env, LISTEN_FD: '3' };
      const web = startProcess(
        'web',
        [...inspectFlags('web'), 'dist/bin/web.js'],
        listening,
        await appPort.fd(),
      );
      appPort.handOver();
      await web.answers(`${appUrl}/readyz`);
      return web;
    }),
  ]);
  listener.step('API and worker', 'logs in .cache/logs');
  const token: Stack['token'] = async (claims) => {
    const reply = await fetch(`${sandboxUrl}/_sandbox/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(claims),
    });
    return ((await reply.json()) as { token: string }).token;
  };
  return { appUrl, sandboxUrl, databaseUrl: postgres.url, env, token };
}

/** Whether a process with this LOG_LEVEL keeps to itself that it is ready. */
const isQuiet = (level = 'info') => ['warn', 'error', 'fatal', 'silent'].includes(level);

/** The stand-ins, on the port of SANDBOX_PORT or 4010 when it is free, else on any. */
async function startSandbox(appUrl: string): Promise<Process & { url: string }> {
  const start = async (port: string) => {
    const sandbox = startProcess('sandbox', ['sandbox/main.ts'], {
      SANDBOX_PORT: port,
      SANDBOX_APP_URL: appUrl,
      SANDBOX_DUFFEL_RATE_LIMIT: '600',
      // As at the vendors, in seconds instead of hours.
      SANDBOX_LIST_LAG_MS: '2000',
      SANDBOX_READ_LAG_MS: '500',
      SANDBOX_TICKETS_LATE_MS: '1000',
    });
    return { ...sandbox, url: await sandbox.says(/sandbox listening on (\S+)/) };
  };
  return start(process.env.SANDBOX_PORT ?? '4010').catch((error: Error) => {
    if (!error.message.includes('EADDRINUSE')) throw error;
    return start('0');
  });
}

/** The release step, as before a deploy. What is wrong with the environment is said by its one line. */
async function release(env: Record<string, string>): Promise<void> {
  const step = startProcess('release', ['dist/bin/release.js'], env);
  const how = await step.gone;
  if (how !== 'exit code 0') throw new Error(`the release step failed (${how}): ${step.tail()}`);
}
