import { createHash } from 'node:crypto';
import type { IdempotencyStore, KnownRequest } from '../../ports/storage/idempotency.ts';
import type { PiiCipher } from '../../services/privacy/pii-cipher.ts';
import { HttpError } from '../problem.ts';
import type { Reply } from '../reply.ts';

/** A request that has not finished after this, in ms, is taken to have died; the same request may run again. */
const IN_FLIGHT_MS = 30_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface Idempotency {
  /**
   * Gives the same reply to the same key and body. The id handed to `work` is derived from user, key and route, so that a
   * request that died half-way and runs again creates the same row, not a second one.
   * @throws HttpError 422 for another body under the key, 409 while the first request runs
   */
  once(request: IdempotentRequest, work: (id: string) => Promise<Reply>): Promise<Reply>;
}

export interface IdempotentRequest {
  readonly userId: string;
  readonly key: string | undefined;
  readonly route: string;
  readonly body: unknown;
}

export interface IdempotencyDeps {
  readonly idempotencyKeys: IdempotencyStore;
  readonly cipher: PiiCipher;
}

export function createIdempotency({ idempotencyKeys, cipher }: IdempotencyDeps): Idempotency {
  return {
    async once({ userId, key, route, body }, work) {
      if (key === undefined) return work(crypto.randomUUID());
      if (!KEY.test(key))
        throw new HttpError('invalid_request', 'The Idempotency-Key is not usable.', [
          {
            field: 'Idempotency-Key',
            code: 'invalid_format',
            message: 'must be 1 to 255 printable characters',
          },
        ]);
      const fingerprint = digest(`${route} ${JSON.stringify(body)}`);
      const earlier = await claim(userId, key, fingerprint);
      if (earlier) return earlier;
      const id = uuidFrom(digest(`${userId}\n${key}\n${route}`));
      try {
        const reply = await work(id);
        await saveReply(userId, key, reply);
        return reply;
      } catch (error) {
        // Nothing was made: the key is free for a corrected request.
        await idempotencyKeys.release(userId, key);
        throw error;
      }
    },
  };

  /** Claims the key for this request. @returns the reply to an earlier one */
  function claim(userId: string, key: string, fingerprint: string): Promise<Reply | undefined> {
    return idempotencyKeys.transaction(userId, async (trx) => {
      if (await trx.insert(key, fingerprint)) return undefined;
      const known = await trx.lock(key);
      if (!known)
        throw new HttpError(
          'request_in_flight',
          'A request with this Idempotency-Key has just ended. Send it again.',
        );
      if (known.fingerprint !== fingerprint)
        throw new HttpError('idempotency_key_reused', 'This Idempotency-Key was used for another request.', [
          { field: 'Idempotency-Key', code: 'used_before', message: 'was used with another body' },
        ]);
      const reply = readReply(userId, known);
      if (reply) return reply;
      if (Date.now() - known.createdAt.getTime() < IN_FLIGHT_MS)
        throw new HttpError(
          'request_in_flight',
          'A request with this Idempotency-Key is still being answered. Send it again in a moment.',
        );
      await trx.restart(key, new Date());
      return undefined;
    });
  }

  function readReply(userId: string, { status, response, dataKey }: KnownRequest): Reply | undefined {
    if (status === null || !response) return undefined;
    return { status, ...cipher.decrypt<Omit<Reply, 'status'>>(dataKey, userId, response) };
  }

  function saveReply(userId: string, key: string, { status, ...rest }: Reply): Promise<void> {
    return idempotencyKeys.transaction(userId, async (trx) => {
      const response = cipher.encrypt(await trx.dataKey(), userId, rest);
      await trx.saveReply(key, { status, response });
    });
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Shapes a digest as a UUID of version 8, the one for such uses (RFC 9562). */
function uuidFrom(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
