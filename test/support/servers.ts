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
