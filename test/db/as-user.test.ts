import { execFileSync } from 'node:child_process';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asUser, type Database, openDatabase, type Trx } from '../../src/db/client/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

describe.each([
  ['on connections of its own', false],
  ['as behind a pooler in transaction mode', true],
])('%s', (_where, pooled) => {
  let home: TestDatabase;
  let database: Database;
  /** Where packages are found. */
  const ROOT = new URL('../../', import.meta.url);
  const USERS = ['ada', 'bea', 'cleo'];
  beforeAll(async () => {
    home = await createDatabase();
    for (const user of USERS)
      await home.query(`insert into users (user_id, data_key) values ($1, '')`, [user]);
    // Few enough connections that everybody follows somebody else on each of them.
    database = openDatabase(home.url, 'parker_api', { max: 2, pooled });
  });
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  const seen = (user: string) =>
    asUser(database.db, user, async (trx) => {
      const [rows, name] = await Promise.all([
        trx.selectFrom('users').select('userId').execute(),
        sql<{ name: string }>`select current_setting('app.user_id') as name, ${1}::int`.execute(trx),
      ]);
      return [...rows.map(({ userId }) => userId), name.rows[0]?.name];
    });

  test('a transaction pipelined with its first statement sees its own user, whoever had the connection before', async () => {
    const asked = Array.from({ length: 300 }, (_, nth) => USERS[nth % USERS.length] as string);
    const answers = await Promise.all(asked.map(seen));
    expect(answers).toEqual(asked.map((user) => [user, user]));
  });

  test('statements asked for together are with the server before the first is answered', async () => {
    await asUser(database.db, 'ada', async (trx) => {
      const asked = [1, 2, 3].map((key) => sql`select pg_advisory_xact_lock(${key})`.execute(trx));
      await new Promise((resolve) => setImmediate(resolve));
      // This process stands still while another one looks, so that it can't answer an answer.
      const look = `const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: process.argv[1] });
      await client.connect();
      const held = "select objid from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
      for (let left = 200; left && (await client.query(held)).rowCount < 3; left -= 1) await new Promise((r) => setTimeout(r, 25));
      console.log((await client.query(held)).rowCount);
      await client.end();`;
      const seen = execFileSync(process.execPath, ['--input-type=module', '-e', look, home.url], {
        cwd: ROOT,
      });
      expect(seen.toString().trim()).toBe('3');
      await Promise.all(asked);
    });
  });

  test('what is asked after it has no user', async () => {
    await Promise.all(USERS.map(seen));
    const rows = await database.db.selectFrom('users').select('userId').execute();
    expect(rows).toEqual([]);
  });

  test('a transaction that is over takes no more statements', async () => {
    let kept: Trx | undefined;
    await asUser(database.db, 'ada', async (trx) => void (kept = trx));
    await expect(kept?.selectFrom('users').select('userId').execute()).rejects.toThrow('is over');
  });

  test('a statement that is refused takes the whole transaction with it, and leaves the connection usable', async () => {
    const email = Buffer.from('x');
    const failing = asUser(database.db, 'ada', async (trx) => {
      const written = trx.updateTable('users').set({ email }).where('userId', '=', 'ada').execute();
      const refused = sql`select 1 / ${0}::int`.execute(trx);
      await Promise.all([written, refused]);
    });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    // The first statement of all, so that its begin and its name were not waited for either.
    const first = asUser(database.db, 'ada', (trx) => sql`select 1 / ${0}::int`.execute(trx));
    await expect(first).rejects.toMatchObject({ code: '22012' });
    expect(await home.query(`select email from users where user_id = 'ada'`)).toEqual([{ email: null }]);
    expect(await Promise.all(USERS.map(seen))).toEqual(USERS.map((user) => [user, user]));
  });

  test('of pipelined statements the first refused one says why, however its answer is passed on', async () => {
    const later = async <T>(answer: Promise<T>, turns: number): Promise<T> =>
      turns === 0
        ? answer
        : later(
            answer.then((value) => value),
            turns - 1,
          );
    for (let turns = 0; turns < 20; turns += 1) {
      const failing = asUser(database.db, 'ada', (trx) =>
        Promise.all([
          later(sql`select 1 / ${0}::int`.execute(trx), turns),
          sql`select ${1}::int`.execute(trx),
          sql`select ${2}::int`.execute(trx),
        ]),
      );
      await expect(failing).rejects.toMatchObject({ code: '22012' });
    }
  });
});
