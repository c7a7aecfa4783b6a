import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** As the owner, who sees every row; for looking, and for setting the scene. */
  query<T extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<T[]>;
  /** Stops and starts nothing, but cuts every connection, as a failover would. */
  cutConnections(): Promise<void>;
  drop(): Promise<void>;
}

/** A database of this file's own, copied from the migrated template. */
export async function createDatabase(): Promise<TestDatabase> {
  const base = inject('databaseUrl');
  const template = inject('template');
  const name = `t_${randomBytes(5).toString('hex')}_${template.split('_').at(-1)}`;
  const admin = new pg.Client({ connectionString: base });
  await admin.connect();
  await admin.query(`create database ${name} template ${template}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 3 });
  pool.on('error', () => undefined);
  const cut = () =>
    admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
      [name],
    );
  return {
    url: url.href,
    async query<T extends pg.QueryResultRow>(text: string, values?: unknown[]) {
      const result = await pool.query<T>(text, values);
      return result.rows;
    },
    cutConnections: async () => void (await cut()),
    async drop() {
      await pool.end();
      await cut();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}
