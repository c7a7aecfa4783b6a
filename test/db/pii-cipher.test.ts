import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client/index.ts';
import { createUserStore } from '../../src/db/stores/users.ts';
import type { User } from '../../src/ports/storage/users.ts';
import { createEmailRefresh, enroll } from '../../src/services/privacy/enroll.ts';
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
    enroll: (email?: string, issuedAt = new Date()) => enroll({ users, cipher }, { userId, email, issuedAt }),
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

test('whatever order tokens come in, at once or one by one, the address is that of the newest', async () => {
  const cipher = createPiiCipher([v1]);
  const refresh = createEmailRefresh({ users: createUserStore(api), cipher });
  const token = fc.record({
    email: fc.constantFrom(undefined, 'a@x.example', 'b@x.example'),
    reads: fc.boolean(),
  });
  let users = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(token, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.nat(),
      async (tokens, atOnce, seed) => {
        users += 1;
        const user = piiOf(`user-${users}`, cipher);
        await user.enroll();
        // Each is a second newer than the one before; they come in any order.
        const issued = tokens.map((one, n) => ({
          ...one,
          issuedAt: new Date(1_700_000_000_000 + n * 1_000),
        }));
        const come = issued.toSorted((a, b) => rank(a.issuedAt, seed) - rank(b.issuedAt, seed));
        const take = ({ email, reads, issuedAt }: (typeof issued)[number]) =>
          reads ? refresh({ userId: `user-${users}`, email, issuedAt }) : user.enroll(email, issuedAt);
        if (atOnce) await Promise.all(come.map(take));
        else for (const one of come) await take(one);
        expect(await user.email()).toBe(issued.findLast(({ email }) => email)?.email ?? null);
      },
    ),
    { numRuns: 60 },
  );
});

/** A random place for each token, the same for one seed. */
const rank = (at: Date, seed: number) => (Math.imul(at.getTime() / 1_000 + seed, 0x9e3779b1) >>> 7) % 1_000;

test('an address of an earlier version gives way to that of any token, and a person who only reads is not stored', async () => {
  const cipher = createPiiCipher([v1]);
  const old = piiOf('earlier', cipher);
  await old.enroll('old@x.example');
  await database.query(`update users set email_as_of = null where user_id = 'earlier'`);
  await old.enroll('new@x.example', new Date(1));
  expect(await old.email()).toBe('new@x.example');
  const users = createUserStore(api);
  await createEmailRefresh({ users, cipher })({
    userId: 'reader',
    email: 'r@x.example',
    issuedAt: new Date(),
  });
  expect(await users.find('reader')).toBeUndefined();
});
