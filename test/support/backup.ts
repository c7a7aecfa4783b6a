import type { TestDatabase } from './database.ts';

/** Copies every table aside, so that the database can be set back to this moment as from a backup. */
export async function takeBackup({ query }: TestDatabase): Promise<() => Promise<void>> {
  const tables = await query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`,
  );
  const names = tables.map(({ name }) => name);
  await query('drop schema if exists backup cascade; create schema backup');
  for (const name of names) await query(`create table backup.${name} as table public.${name}`);
  const copy = (name: string) =>
    `alter table ${name} disable trigger user;
     insert into ${name} overriding system value select * from backup.${name};
     alter table ${name} enable trigger user;`;
  return async () => {
    await query(
      `begin; set local session_replication_role = replica; truncate ${names.join(', ')};
       ${names.map(copy).join('\n')} commit`,
    );
  };
}
