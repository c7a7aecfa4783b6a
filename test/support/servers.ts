import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../scripts/support/postgres.ts';
import { startRedis } from '../../scripts/support/redis.ts';
import { migrate } from '../../src/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    redisUrl: string;
    template: string;
  }
}

/** One Postgres and one Redis for the run; a migrated template from which each file copies its own database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  const template = `parker_template_${process.pid}`;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await dropWhatDeadRunsLeft(admin);
  // Held for as long as this run lives, so that others leave its databases alone.
  await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
  await admin.query(`create database ${template}`);
  const url = new URL(postgres.url);
  url.pathname = `/${template}`;
  const owner = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url.href, max: 1 }) }),
  });
  await migrate(owner);
  await owner.destroy();
  project.provide('databaseUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  project.provide('template', template);

  return async () => {
    const { rows } = await admin.query(
      `select datname from pg_database where datname like 't\\_%\\_${process.pid}'`,
    );
    await admin.query(`drop database ${template}`);
    await admin.end();
    await Promise.all([postgres.stop(), redis.stop()]);
    if (rows.length)
      throw new Error(`tests left databases behind: ${rows.map((row) => row.datname).join(', ')}`);
  };
}

/**
 * Drops the databases of runs that ended without clearing up, on a server that outlives them. A run holds a lock by the name of
 * its template; a lock that can be had is that of a dead run.
 */
async function dropWhatDeadRunsLeft(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select datname as name from pg_database where datname like 'parker\\_template\\_%'`,
  );
  for (const { name } of rows) {
    const lock = 'select pg_try_advisory_lock(hashtext($1)) as had';
    const [{ had } = { had: false }] = (await admin.query<{ had: boolean }>(lock, [name])).rows;
    if (!had) continue;
    const pid = name.split('_').at(-1);
    const { rows: left } = await admin.query<{ name: string }>(
      'select datname as name from pg_database where datname like $1',
      [`t\\_%\\_${pid}`],
    );
    for (const one of [...left, { name }])
      await admin.query(`drop database if exists ${one.name} with (force)`);
    await admin.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
}
