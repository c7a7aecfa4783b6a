import { readdir, readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';

/** Migrations are plain SQL files in name order, so that history depends on no code of today. */
const FOLDER = new URL('../../migrations/', import.meta.url);

/**
 * Brings the schema up to date; several processes may call it at once.
 * @returns the names of the migrations it ran
 */
export async function migrate(db: Kysely<unknown>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error) throw error;
  return results.map((result) => result.migrationName);
}

/**
 * Migrates the database as the login that owns it.
 * @param url DATABASE_URL
 * @returns the names of the migrations it ran
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const owner = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
  });
  try {
    return await migrate(owner);
  } finally {
    await owner.destroy();
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql'));
  const entries = files.map(async (file) => {
    const text = await readFile(new URL(file, FOLDER), 'utf8');
    return [
      file.replace(/\.sql$/, ''),
      { up: async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)) },
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}
