import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/**
 * Envelope encryption of PII. Every user has a data key of their own, which is stored wrapped by a key of PII_KEYS. Once
 * a user's data key is deleted, nobody can decrypt their PII, in no copy and in no backup.
 *
 * The user id is authenticated with each ciphertext, so that one that was copied to another user is refused.
 */
export interface PiiCipher {
  /** @returns a new data key for this user, wrapped by the newest key of PII_KEYS */
  createDataKey(userId: string): Buffer;
  /** @param dataKey the user's, wrapped. @param value any JSON value */
  encrypt(dataKey: Buffer, userId: string, value: unknown): Buffer;
  /**
   * @param dataKey the user's, wrapped
   * @throws Error when the bytes were encrypted for another user or tampered with, or when PII_KEYS lacks the wrapping key
   */
  decrypt<T>(dataKey: Buffer, userId: string, encrypted: Buffer): T;
}

export interface KeyEncryptionKey {
  /** `v1`, `v2`, …: written in front of what the key wraps, so that old rows stay readable after a rotation. */
  readonly version: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * @param keys PII_KEYS, oldest first: the last wraps new data keys, the others unwrap old ones
 * @throws Error when there is none
 */
export function createPiiCipher(keys: readonly KeyEncryptionKey[]): PiiCipher {
  const wrappingKeys = keys.map(({ version, key }) => ({ version, key: createSecretKey(key) }));
  const newest = wrappingKeys.at(-1);
  if (!newest) throw new Error('PII_KEYS is empty');

  function unwrap(userId: string, dataKey: Buffer): Buffer {
    const colon = dataKey.indexOf(':');
    const version = dataKey.subarray(0, colon).toString();
    const wrapping = wrappingKeys.find((candidate) => candidate.version === version);
    if (!wrapping) throw new Error(`PII_KEYS has no ${version}`);
    return decrypt(wrapping.key, userId, dataKey.subarray(colon + 1));
  }

  return {
    createDataKey: (userId) =>
      Buffer.concat([Buffer.from(`${newest.version}:`), encrypt(newest.key, userId, randomBytes(KEY_BYTES))]),
    encrypt: (dataKey, userId, value) =>
      encrypt(unwrap(userId, dataKey), userId, Buffer.from(JSON.stringify(value))),
    decrypt: (dataKey, userId, encrypted) =>
      JSON.parse(decrypt(unwrap(userId, dataKey), userId, encrypted).toString()),
  };
}

/** AES-256-GCM: IV, tag and ciphertext in one. */
function encrypt(key: Buffer | KeyObject, userId: string, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(userId));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Buffer | KeyObject, userId: string, encrypted: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, IV_BYTES)).setAAD(
    Buffer.from(userId),
  );
  decipher.setAuthTag(encrypted.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(encrypted.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}
