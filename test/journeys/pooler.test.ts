import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkPostgres } from '../../src/db/check.ts';
import { asUser, type Database, openDatabase } from '../../src/db/client/index.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createHarness } from '../support/harness.ts';
import { expectOneTicket } from '../support/ledger.ts';
import { type Pooler, pgBouncer, startPooler } from '../support/pgbouncer.ts';

/* PgBouncer in transaction mode, as Neon's host with `-pooler` is: each transaction may have another session. */
const LOGIN = `app_${randomBytes(4).toString('hex')}`;
const pooled = { pooled: true };
let admin: pg.Client;
let home: TestDatabase;
let pooler: Pooler;
let url: string;
let api: Database;
beforeAll(async () => {
  if (!pgBouncer) return;
  admin = new pg.Client({ connectionString: inject('databaseUrl') });
  await admin.connect();
  await admin.query(`create role ${LOGIN} login noinherit`);
  await admin.query(`grant parker_api, parker_worker to ${LOGIN}`);
  home = await createDatabase();
  pooler = await startPooler(home.url, LOGIN);
  url = pooler.url(home.url, LOGIN);
  api = openDatabase(url, 'parker_api', { max: 12, ...pooled });
});
afterAll(async () => {
  if (!pgBouncer) return;
  await api.close();
  pooler.stop();
  await home.drop();
  await admin.query(`drop role ${LOGIN}`);
  await admin.end();
});

describe.skipIf(!pgBouncer)('behind a pooler in transaction mode', () => {
  test('without DATABASE_POOLER the refusal names it', async () => {
    expect((await checkPostgres(url, 'parker_api'))?.line).toMatch(
      /^DATABASE_URL: a pooler at \S+ refuses startup options; set DATABASE_POOLER=transaction$/,
    );
    const dropping = await startPooler(home.url, LOGIN, {
      ignore_startup_parameters: 'options,statement_timeout,idle_in_transaction_session_timeout',
    });
    // Options that are dropped in silence leave the login's own rights.
    expect((await checkPostgres(dropping.url(home.url, LOGIN), 'parker_api'))?.line).toMatch(
      /sessions run as app_\w+ and not as parker_api|the login app_\w+ may not act as/,
    );
    dropping.stop();
  });

  test('with it all is well for a login without rights, and one with rights is refused', async () => {
    for (const role of ['parker_api', 'parker_worker'] as const)
      expect(await checkPostgres(url, role, pooled)).toBeNull();
    expect((await checkPostgres(home.url, 'parker_api', pooled))?.line).toMatch(
      /with DATABASE_POOLER=transaction the login parker must have no rights of its own/,
    );
  });

  test('each of many transactions sees its own user, and statements on their own have the role', async () => {
    const users = ['ada', 'bea', 'cleo'];
    for (const user of users)
      await home.query(`insert into users (user_id, data_key) values ($1, '')`, [user]);
    const asked = Array.from({ length: 300 }, (_, nth) => users[nth % users.length] as string);
    const seen = await Promise.all(
      asked.map((user, nth) =>
        nth % 5 === 0
          ? sql<{ name: string }>`select current_user as name`
              .execute(api.db)
              .then(({ rows }) => rows[0]?.name)
          : asUser(api.db, user, async (trx) => {
              const rows = await trx.selectFrom('users').select('userId').execute();
              return rows.map(({ userId }) => userId).join();
            }),
      ),
    );
    expect(seen).toEqual(asked.map((user, nth) => (nth % 5 === 0 ? 'parker_api' : user)));
    // Without a user no row is seen.
    expect(await api.db.selectFrom('users').select('userId').execute()).toEqual([]);
  });

  test('a refused statement fails with its own error, and leaves its connection in order', async () => {
    await expect(sql`select 1 / ${0}::int`.execute(api.db)).rejects.toMatchObject({ code: '22012' });
    await expect(
      asUser(api.db, 'ada', (trx) => sql`insert into users (user_id) values (${'bea'})`.execute(trx)),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|23502)$/) });
    const { rows } = await sql<{
      limit: string;
    }>`select current_setting('statement_timeout') as limit`.execute(api.db);
    expect(rows).toEqual([{ limit: '15s' }]);
  });

  test('a statement that slips out of its transaction is refused', async () => {
    const bare = new pg.Client({ connectionString: url });
    await bare.connect();
    await expect(bare.query('select * from users')).rejects.toMatchObject({ code: '42501' });
    await bare.end();
  });

  test('a trip is watched, booked and paid for once', async () => {
    const database = await createDatabase();
    const harness = await createHarness({
      env: { DATABASE_URL: pooler.url(database.url, LOGIN), DATABASE_POOLER: 'transaction' },
    });
    try {
      harness.sandbox.duffel.prices.pin('LHR', 'JFK', {
        amount: '399.00',
        currency: 'GBP',
        refundable: true,
      });
      const user = await harness.user();
      const { id } = await user.trip();
      await user.reaches(id, 'BOOKED', 50_000);
      expectOneTicket(harness.sandbox);
    } finally {
      await harness.stop();
      await database.drop();
    }
  }, 90_000);
});
