import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { startPostgres } from '../../scripts/support/postgres.ts';
import { startRedis } from '../../scripts/support/redis.ts';
import { migrate } from '../../src/db/migrate.ts';

export interface Servers {
  readonly redisUrl: string;
  readonly postgres: string;
  /** A database of one's own, with our schema. */
  database(): Promise<string>;
  /** A database of one's own, with nothing in it. */
  emptyDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** A Postgres that writes to disk before it says so, and a Redis; both ours alone unless addresses are given. */
export async function startServers(): Promise<Servers> {
  const [postgres, redis] = await Promise.all([startPostgres({ durable: true }), startRedis()]);
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const { rows } = await admin.query<{ version: string }>(`select split_part(version(), ' ', 2) as version`);
  const made: string[] = [];
  async function emptyDatabase(): Promise<string> {
    const name = `parker_bench_${process.pid}_${made.length}`;
    await admin.query(`create database ${name}`);
    made.push(name);
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  return {
    redisUrl: redis.url,
    postgres: rows[0]?.version ?? '',
    emptyDatabase,
    async database() {
      const url = await emptyDatabase();
      const pool = new pg.Pool({ connectionString: url, max: 1 });
      const owner = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
      await migrate(owner);
      await owner.destroy();
      return url;
    },
    async stop() {
      for (const name of made) await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
