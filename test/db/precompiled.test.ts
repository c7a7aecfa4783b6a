import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { precompiled } from '../../src/db/client/precompiled.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let scratch: TestDatabase;
let database: Database;
beforeAll(async () => {
  scratch = await createDatabase();
  database = openDatabase(scratch.url, 'parker_worker', { max: 4 });
  await scratch.query(
    `insert into users (user_id, data_key) select 'user-' || n, '' from generate_series(1, 20) n`,
  );
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});

test('a query is built once, and asks for the values of each call, side by side and in transactions', async () => {
  let built = 0;
  const users = precompiled((db, { userId, limit }: { userId: string; limit: number }) => {
    built += 1;
    return db
      .selectFrom('users')
      .select('userId')
      .where('userId', '>=', userId)
      .where('dataKey', '=', Buffer.alloc(0))
      .orderBy('userId')
      .limit(limit);
  });
  const ask = async (n: number) => {
    const found = (rows: { userId: string }[]) => rows.map(({ userId }) => userId);
    const wanted = { userId: `user-${n}`, limit: 1 };
    expect(found(await users(database.db, wanted))).toEqual([`user-${n}`]);
    await database.db.transaction().execute(async (trx) => {
      expect(found(await users(trx, wanted))).toEqual([`user-${n}`]);
    });
  };
  await Promise.all(Array.from({ length: 20 }, (_, at) => ask(at + 1)));
  expect(await users(database.db, { userId: 'user-', limit: 3 })).toHaveLength(3);
  expect(await users(database.db, { userId: 'zz', limit: 3 })).toEqual([]);
  expect(built).toBe(1);
});
