import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrate } from '../../src/db/migrate.ts';
import { startPostgres } from '../support/postgres.ts';
import { type Check, tool } from './check.ts';

/**
 * Whether src/db/tables.ts says what the migrations make: compares it with a fresh, migrated database.
 * @param write writes the file instead
 */
export const generatedSchema = (write: boolean): Check => ({
  name: 'generated schema',
  run: () =>
    withMigratedDatabase((url) =>
      tool('', 'kysely-codegen', write ? [] : ['--verify'], { DATABASE_URL: url }).run(),
    ),
});

/** Runs `use` on a database that has every migration and nothing else, and drops it afterwards. */
async function withMigratedDatabase<T>(use: (url: string) => T): Promise<Awaited<T>> {
  const postgres = await startPostgres();
  const admin = new pg.Client({ connectionString: postgres.url });
  try {
    await admin.connect();
    const name = `parker_check_${process.pid}`;
    await admin.query(`create database ${name}`);
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    const owner = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url.href, max: 1 }) }),
    });
    try {
      await migrate(owner);
      return await use(url.href);
    } finally {
      await owner.destroy();
      await admin.query(`drop database ${name}`);
    }
  } finally {
    await admin.end();
    await postgres.stop();
  }
}
