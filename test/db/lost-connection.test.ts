import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { asUser, type Database, openDatabase } from '../../src/db/client/index.ts';
import { StorageUnavailable } from '../../src/errors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';

let scratch: TestDatabase;
let database: Database;
const lost: Error[] = [];
beforeAll(async () => {
  scratch = await createDatabase();
  database = openDatabase(scratch.url, 'parker_worker', { max: 2, onError: (error) => lost.push(error) });
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});
afterEach(() => {
  lost.length = 0;
});

const works = async () => (await sql<{ one: number }>`select 1 as one`.execute(database.db)).rows;

test('a connection that Postgres ends between two statements of a transaction refuses the next one, and nothing else', async () => {
  const broken = database.db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    await scratch.cutConnections();
    // Nothing waits for an answer on the connection when its end arrives.
    await until('the connection to be lost', async () => lost.length > 0);
    await sql`select 2`.execute(trx);
  });
  await expect(broken).rejects.toThrow(StorageUnavailable);
  expect(lost).not.toEqual([]);
  expect(await works()).toEqual([{ one: 1 }]);
  expect(database.pool.totalCount).toBe(1);
});

test('one that is ended while a statement runs refuses it, with the cause', async () => {
  const refused = expect(sql`select pg_sleep(30)`.execute(database.db)).rejects.toMatchObject({
    code: 'storage_unavailable',
    cause: { code: '57P01' },
  });
  const running = () =>
    scratch.query(
      `select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()`,
    );
  await until('the statement to run', async () => (await running()).length > 0);
  await scratch.cutConnections();
  await refused;
  expect(await works()).toEqual([{ one: 1 }]);
});

test('pipelined statements of a user are all refused, and no listener is left that could end the process', async () => {
  const broken = asUser(database.db, 'anybody', async (trx) => {
    await sql`select 1`.execute(trx);
    await scratch.cutConnections();
    await until('the connection to be lost', async () => lost.length > 0);
    await Promise.all([sql`select 2`.execute(trx), sql`select 3`.execute(trx)]);
  });
  await expect(broken).rejects.toThrow(StorageUnavailable);
  expect(lost).not.toEqual([]);
  expect(await works()).toEqual([{ one: 1 }]);
});

test('a statement that was prepared on a lost connection is prepared again on the next', async () => {
  const ask = (n: number) => sql<{ n: number }>`select ${n}::int + 7 as n`.execute(database.db);
  for (let n = 0; n < 10; n += 1) await ask(n);
  await scratch.cutConnections();
  await until('the connections to be lost', async () => database.pool.totalCount === 0);
  for (let n = 0; n < 10; n += 1) expect((await ask(n)).rows).toEqual([{ n: n + 7 }]);
});

test('a refused statement is no lost connection', async () => {
  await expect(sql`select 1 / 0`.execute(database.db)).rejects.toMatchObject({ code: '22012' });
  expect(lost).toEqual([]);
});

test('nobody listens where Postgres should be: the port says so', async () => {
  const nowhere = openDatabase('postgres://parker@127.0.0.1:9/postgres', 'parker_worker', { max: 1 });
  await expect(nowhere.ping()).rejects.toThrow(StorageUnavailable);
  await nowhere.close();
});

test('a request that gets no connection of the pool in time is refused, and one that comes later gets it', async () => {
  const small = openDatabase(scratch.url, 'parker_worker', { max: 1, connectTimeoutMs: 50 });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const long = small.db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    await held;
  });
  await until('the connection to be taken', async () => small.pool.totalCount === 1);
  await expect(small.ping()).rejects.toThrow(StorageUnavailable);
  release();
  await long;
  await small.ping();
  await small.close();
});

test('a server that stops answering without a reset is lost after the answer timeout, and is used again once it answers', async () => {
  const { url, fail, close } = await startProxy(scratch.url);
  const behind = openDatabase(url, 'parker_worker', { max: 1, answerTimeoutMs: 300 });
  await behind.ping();
  await fail('silent');
  await expect(behind.ping()).rejects.toThrow(StorageUnavailable);
  await fail(null);
  await behind.ping();
  await behind.close();
  await close();
});
