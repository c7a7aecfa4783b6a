import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { createUserStore } from '../../src/db/stores/users.ts';
import type { User } from '../../src/ports/storage/users.ts';
import { enroll } from '../../src/services/privacy/enroll.ts';
import { createPiiCipher, type PiiCipher } from '../../src/services/privacy/pii-cipher.ts';
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

/** One user's PII, encrypted and decrypted with the data key as it is stored. */
function piiOf(userId: string, cipher: PiiCipher) {
  const users = createUserStore(api);
  const stored = async () => (await users.find(userId)) as User;
  return {
    enroll: (email?: string) => enroll({ users, cipher }, { userId, email }),
    encrypt: async (value: unknown) => cipher.encrypt((await stored()).dataKey, userId, value),
    decrypt: async (encrypted: Buffer) => cipher.decrypt((await stored()).dataKey, userId, encrypted),
    email: async () => {
      const { dataKey, email } = await stored();
      return email && cipher.decrypt(dataKey, userId, email);
    },
  };
}

test('what was encrypted for one user is decrypted for that user, and for nobody else', async () => {
  const cipher = createPiiCipher([v1]);
  const [ada, bob] = [piiOf('ada', cipher), piiOf('bob', cipher)];
  await ada.enroll('ada@x.example');
  await bob.enroll('bob@x.example');
  const encrypted = await ada.encrypt({ name: 'Ada' });
  expect(encrypted.toString('latin1')).not.toContain('Ada');
  expect(await ada.decrypt(encrypted)).toEqual({ name: 'Ada' });
  await expect(bob.decrypt(encrypted)).rejects.toThrow();
  const adasKey = (await createUserStore(api).find('ada'))!.dataKey;
  expect(() => cipher.decrypt(adasKey, 'bob', encrypted)).toThrow();
  encrypted[encrypted.length - 1]! ^= 1;
  await expect(ada.decrypt(encrypted)).rejects.toThrow();
  expect(await ada.email()).toBe('ada@x.example');
});

test('after a rotation old rows are still decrypted, new ones are wrapped by the new key, and the old key alone does not decrypt them', async () => {
  const [before, both, after] = [createPiiCipher([v1]), createPiiCipher([v1, v2]), createPiiCipher([v2])];
  await piiOf('old', before).enroll();
  const encrypted = await piiOf('old', before).encrypt(1);
  expect(await piiOf('old', both).decrypt(encrypted)).toBe(1);
  await piiOf('new', both).enroll();
  const fresh = await piiOf('new', both).encrypt(2);
  expect(await piiOf('new', after).decrypt(fresh)).toBe(2);
  await expect(piiOf('new', before).decrypt(fresh)).rejects.toThrow(/PII_KEYS has no v2/);
});

test('enrolling four times at once keeps the first key, and the address is encrypted with it', async () => {
  const twice = piiOf('twice', createPiiCipher([v1]));
  await Promise.all([1, 2, 3, 4].map(() => twice.enroll('twice@x.example')));
  const encrypted = await twice.encrypt('x');
  expect(await twice.decrypt(encrypted)).toBe('x');
  expect(await twice.email()).toBe('twice@x.example');
});

test('a user enrolled without an address gets the first one a token carries, and keeps it', async () => {
  const late = piiOf('late', createPiiCipher([v1]));
  await late.enroll();
  expect(await late.email()).toBeNull();
  await late.enroll('first@x.example');
  await late.enroll('second@x.example');
  expect(await late.email()).toBe('first@x.example');
});
