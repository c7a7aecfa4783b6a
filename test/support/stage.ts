import getPort from 'get-port';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { sandboxEnvironment } from '../../scripts/support/environment.ts';
import { type Server, startPostgres } from '../../scripts/support/postgres.ts';
import { startRedis } from '../../scripts/support/redis.ts';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { migrate } from '../../src/db/migrate.ts';
import { type Client, createClient } from './client.ts';
import { type AppProcess, startRole } from './processes.ts';

/** Everything as the processes it is in production, on servers of its own that may be ended and started again. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly postgres: Server;
  readonly workers: AppProcess[];
  /** The API's process and its address; it changes with `killWeb`. */
  web(): AppProcess;
  readonly url: string;
  redis(): Server;
  readonly database: Database;
  user(): Promise<Client>;
  /** Ends a worker without warning, or the API; another takes its place at once. */
  killWorker(index: number): Promise<void>;
  killWeb(): Promise<void>;
  restartRedis(): Promise<void>;
  stop(): Promise<void>;
}

export async function setStage(options: { workers: number; env: Record<string, string> }): Promise<Stage> {
  const [postgres, port, redisPort] = await Promise.all([
    startPostgres({ own: true, durable: true }),
    getPort(),
    getPort(),
  ]);
  let redis = await startRedis({ port: redisPort });
  const owner = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: postgres.url, max: 1 }) }),
  });
  await migrate(owner);
  await owner.destroy();
  const appUrl = `http://127.0.0.1:${port}`;
  const sandbox = await startSandbox({
    appUrl,
    duffelRateLimit: 1_000_000,
    resendRateLimit: 1_000_000,
    lateOrderMs: 1_000,
  });
  const env: Record<string, string> = {
    ...sandboxEnvironment({
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      sandboxUrl: sandbox.url,
      appUrl,
    }),
    ...options.env,
  };
  delete env.SENTRY_DSN;
  let web = await startRole('web', env);
  const workers = await Promise.all(Array.from({ length: options.workers }, () => startRole('worker', env)));
  const database = openDatabase(postgres.url, 'parker_worker', { max: 4 });
  let users = 0;
  return {
    sandbox,
    postgres,
    workers,
    web: () => web,
    url: appUrl,
    redis: () => redis,
    database,
    async user() {
      users += 1;
      const sub = `chaos-${users}`;
      return createClient(appUrl, sub, await sandbox.auth.token({ sub }));
    },
    async killWorker(index) {
      const worker = workers[index];
      worker?.child.kill('SIGKILL');
      await worker?.gone;
      workers[index] = await startRole('worker', env);
    },
    async killWeb() {
      web.child.kill('SIGKILL');
      await web.gone;
      web = await startRole('web', env);
    },
    async restartRedis() {
      await redis.stop();
      redis = await startRedis({ port: redisPort });
    },
    async stop() {
      for (const { child } of [web, ...workers]) child.kill('SIGKILL');
      await Promise.all([web, ...workers].map(({ gone }) => gone));
      await database.close();
      await sandbox.close();
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
