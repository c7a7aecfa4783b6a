import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Db } from '../db/client.ts';
import { compiled } from '../db/compiled.ts';

/**
 * Keeps what identifies a person. Every user has a data key of their own, itself wrapped by a key from PII_KEYS; throw
 * the data key away and the user's PII is noise in every copy and backup.
 */
export interface Vault {
  /** Makes the user's row and data key if there is none yet. */
  enroll(db: Db, userId: string, email?: string): Promise<void>;
  /** Encrypts a JSON value for this user. */
  seal(db: Db, userId: string, value: unknown): Promise<Buffer>;
  /** @throws when the bytes were sealed for somebody else, or tampered with */
  open<T>(db: Db, userId: string, sealed: Buffer): Promise<T>;
  /** The same with the user's data key, wrapped as it is kept: for those who read it along. */
  openWith<T>(wrappedKey: Buffer, userId: string, sealed: Buffer): T;
  /** The e-mail address of the user's own account, when their token carried one. */
  emailOf(db: Db, userId: string): Promise<string | null>;
}

export interface KeyEncryptionKey {
  /** `v1`, `v2`, …: written in front of what the key wraps, so that old rows stay readable after a rotation. */
  readonly version: string;
  readonly key: Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export function createVault(keys: readonly KeyEncryptionKey[]): Vault {
  const holders = keys.map(({ version, key }) => ({ version, key: createSecretKey(key) }));
  const newest = holders.at(-1);
  if (!newest) throw new Error('PII_KEYS is empty');

  const wrap = (userId: string, dataKey: Buffer) =>
    Buffer.concat([Buffer.from(`${newest.version}:`), encrypt(newest.key, userId, dataKey)]);

  function unwrap(userId: string, wrapped: Buffer): Buffer {
    const colon = wrapped.indexOf(':');
    const version = wrapped.subarray(0, colon).toString();
    const holder = holders.find((candidate) => candidate.version === version);
    if (!holder) throw new Error(`PII_KEYS has no ${version}`);
    return decrypt(holder.key, userId, wrapped.subarray(colon + 1));
  }

  async function dataKeyOf(db: Db, userId: string): Promise<Buffer> {
    const [row] = await keyOf(db, { userId });
    if (!row) throw new Error('the user has no data key');
    return unwrap(userId, row.dataKey);
  }

  return {
    async enroll(db, userId, email) {
      const [known] = await knownAs(db, { userId });
      if (!known) {
        const dataKey = wrap(userId, randomBytes(KEY_BYTES));
        await db
          .insertInto('users')
          .values({ userId, dataKey })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      if (!email || known?.email) return;
      const sealed = encrypt(await dataKeyOf(db, userId), userId, Buffer.from(JSON.stringify(email)));
      await db.updateTable('users').set({ email: sealed }).where('userId', '=', userId).execute();
    },
    async seal(db, userId, value) {
      return encrypt(await dataKeyOf(db, userId), userId, Buffer.from(JSON.stringify(value)));
    },
    async open(db, userId, sealed) {
      return JSON.parse(decrypt(await dataKeyOf(db, userId), userId, sealed).toString());
    },
    openWith: (wrappedKey, userId, sealed) =>
      JSON.parse(decrypt(unwrap(userId, wrappedKey), userId, sealed).toString()),
    async emailOf(db, userId) {
      const row = await db
        .selectFrom('users')
        .select(['dataKey', 'email'])
        .where('userId', '=', userId)
        .executeTakeFirst();
      if (!row?.email) return null;
      return JSON.parse(decrypt(unwrap(userId, row.dataKey), userId, row.email).toString());
    },
  };
}

const keyOf = compiled((db, { userId }: { userId: string }) =>
  db.selectFrom('users').select('dataKey').where('userId', '=', userId),
);
const knownAs = compiled((db, { userId }: { userId: string }) =>
  db.selectFrom('users').select(['userId', 'email']).where('userId', '=', userId),
);

/** AES-256-GCM; the user id is authenticated with it, so that a row copied to another user does not open. */
function encrypt(key: Buffer | KeyObject, userId: string, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(userId));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Buffer | KeyObject, userId: string, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES)).setAAD(
    Buffer.from(userId),
  );
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}
