import { globSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let scratch: TestDatabase;
let database: Database;
beforeAll(async () => {
  scratch = await createDatabase();
  database = openDatabase(scratch.url, 'parker_worker', { max: 1 });
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

const prepared = async (): Promise<string[]> => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(
    database.db,
  );
  return rows.map(({ statement }) => statement);
};

test('a statement that keeps coming back is prepared, and gives what it gave before', async () => {
  const ask = (n: number) => sql<{ n: number }>`select ${n}::int + 1 as n`.execute(database.db);
  for (let n = 0; n < 10; n += 1) expect((await ask(n)).rows).toEqual([{ n: n + 1 }]);
  expect(await prepared()).toContain('select $1::int + 1 as n');
});

test('one that asks for every column is not: a deploy adds columns under it', async () => {
  const { db } = database;
  const ask = () => db.selectFrom('orphans').selectAll().where('kind', '=', 'hold').execute();
  const askMore = () => sql`select 1 as one, * from orphans where kind = ${'hold'}`.execute(db);
  for (let n = 0; n < 10; n += 1) {
    await ask();
    await askMore();
  }
  await scratch.query('alter table orphans add column added_by_a_deploy text');
  expect(await ask()).toEqual([]);
  expect((await askMore()).rows).toEqual([]);
  expect((await prepared()).filter((text) => text.includes('orphans'))).toEqual([]);
});

test('a product is not every column', async () => {
  const ask = (n: number) => sql<{ n: number }>`select ${n}::int * 2 as n`.execute(database.db);
  for (let n = 0; n < 10; n += 1) expect((await ask(n)).rows).toEqual([{ n: 2 * n }]);
  expect(await prepared()).toContain('select $1::int * 2 as n');
});

test('texts that grow with their values fill no connection', async () => {
  for (let size = 1; size <= 150; size += 1)
    for (let again = 0; again < 6; again += 1)
      await database.db
        .selectFrom('outbox')
        .select('id')
        .where(
          'id',
          'in',
          Array.from({ length: size }, (_, id) => id),
        )
        .execute();
  expect((await prepared()).length).toBeLessThanOrEqual(100);
});

/** Asked by ops and by their sweep, not by a booking: its columns are those of five kinds of case. */
const UNPREPARED = ['src/db/cases.ts'];

test('the statements of src/db name their columns, so that those that come back are prepared', () => {
  const unnamed = globSync('src/db/**/*.ts').filter((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => /(?:[.,]|\bselect|\breturning)\s*\*(?!\/)/i.test(line)),
  );
  expect(unnamed).toEqual(UNPREPARED);
});
