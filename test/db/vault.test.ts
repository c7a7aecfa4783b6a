import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asUser, type Database, openDatabase } from '../../src/db/client.ts';
import { createVault } from '../../src/services/vault.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: Database;
beforeAll(async () => {
  database = await createDatabase();
  api = openDatabase(database.url, 'parker_api', { max: 2 });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const [v1, v2] = [1, 2].map((version) => ({ version: `v${version}`, key: randomBytes(32) })) as [any, any];

test('what one user sealed opens for that user, and for nobody else', async () => {
  const vault = createVault([v1]);
  for (const user of ['ada', 'bob'])
    await asUser(api.db, user, (trx) => vault.enroll(trx, user, `${user}@x.example`));
  const sealed = await asUser(api.db, 'ada', (trx) => vault.seal(trx, 'ada', { name: 'Ada' }));
  expect(sealed.toString('latin1')).not.toContain('Ada');
  expect(await asUser(api.db, 'ada', (trx) => vault.open(trx, 'ada', sealed))).toEqual({ name: 'Ada' });
  await expect(asUser(api.db, 'bob', (trx) => vault.open(trx, 'bob', sealed))).rejects.toThrow();
  sealed[sealed.length - 1]! ^= 1;
  await expect(asUser(api.db, 'ada', (trx) => vault.open(trx, 'ada', sealed))).rejects.toThrow();
  expect(await asUser(api.db, 'ada', (trx) => vault.emailOf(trx, 'ada'))).toBe('ada@x.example');
});

test('after a rotation old rows still open, new ones are wrapped by the new key, and the old key alone does not open them', async () => {
  const [before, both, after] = [createVault([v1]), createVault([v1, v2]), createVault([v2])];
  await asUser(api.db, 'old', (trx) => before.enroll(trx, 'old'));
  const sealed = await asUser(api.db, 'old', (trx) => before.seal(trx, 'old', 1));
  expect(await asUser(api.db, 'old', (trx) => both.open(trx, 'old', sealed))).toBe(1);
  await asUser(api.db, 'new', (trx) => both.enroll(trx, 'new'));
  const fresh = await asUser(api.db, 'new', (trx) => both.seal(trx, 'new', 2));
  expect(await asUser(api.db, 'new', (trx) => after.open(trx, 'new', fresh))).toBe(2);
  await expect(asUser(api.db, 'new', (trx) => before.open(trx, 'new', fresh))).rejects.toThrow(
    /PII_KEYS has no v2/,
  );
});

test('enrolling twice at once keeps the first key', async () => {
  const vault = createVault([v1]);
  await Promise.all(
    [1, 2, 3, 4].map(() => asUser(api.db, 'twice', (trx) => vault.enroll(trx, 'twice', 'twice@x.example'))),
  );
  const sealed = await asUser(api.db, 'twice', (trx) => vault.seal(trx, 'twice', 'x'));
  expect(await asUser(api.db, 'twice', (trx) => vault.open(trx, 'twice', sealed))).toBe('x');
});
