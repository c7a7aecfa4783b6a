import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { asUser, type DB } from '../../db/client.ts';
import type { Vault } from '../../services/vault.ts';
import { HttpError } from '../problem.ts';
import type { Reply } from '../reply.ts';

/** After this a request that never finished is taken to have died, and may be made again. */
const IN_FLIGHT_MS = 30_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface Idempotency {
  /**
   * Gives the same answer to the same key and body. The id handed to `work` follows from user, key and route, so that a
   * request that died half-way and is made again makes the same thing, not a second one.
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

export function createIdempotency({ db, vault }: { db: Kysely<DB>; vault: Vault }): Idempotency {
  return {
    async once({ userId, key, route, body }, work) {
      if (key === undefined) return work(crypto.randomUUID());
      if (!KEY.test(key))
        throw new HttpError(422, 'The Idempotency-Key is not usable.', [
          { field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters' },
        ]);
      const fingerprint = digest(`${route} ${JSON.stringify(body)}`);
      const stored = await claim(userId, key, fingerprint);
      if (stored) return stored;
      const id = uuidFrom(digest(`${userId}\n${key}\n${route}`));
      try {
        const reply = await work(id);
        await keep(userId, key, reply);
        return reply;
      } catch (error) {
        // Nothing was made: the key is free for a better request.
        await asUser(db, userId, (trx) => trx.deleteFrom('idempotencyKeys').where('key', '=', key).execute());
        throw error;
      }
    },
  };

  /** Takes the key, or returns the answer given before. */
  function claim(userId: string, key: string, fingerprint: string): Promise<Reply | undefined> {
    return asUser(db, userId, async (trx) => {
      const mine = await trx
        .insertInto('idempotencyKeys')
        .values({ userId, key, fingerprint })
        .onConflict((conflict) => conflict.doNothing())
        .returning('key')
        .executeTakeFirst();
      if (mine) return undefined;
      const known = await trx
        .selectFrom('idempotencyKeys')
        .selectAll()
        .where('key', '=', key)
        .forUpdate()
        .executeTakeFirst();
      if (!known)
        throw new HttpError(409, 'A request with this Idempotency-Key has just ended. Send it again.');
      if (known.fingerprint !== fingerprint)
        throw new HttpError(422, 'This Idempotency-Key was used for another request.', [
          { field: 'Idempotency-Key', message: 'was used with another body' },
        ]);
      if (known.status !== null && known.response)
        return {
          status: known.status,
          ...(await vault.open<Omit<Reply, 'status'>>(trx, userId, known.response)),
        };
      if (Date.now() - known.createdAt.getTime() < IN_FLIGHT_MS)
        throw new HttpError(
          409,
          'A request with this Idempotency-Key is still being answered. Send it again in a moment.',
        );
      await trx
        .updateTable('idempotencyKeys')
        .set({ createdAt: new Date() })
        .where('key', '=', key)
        .execute();
      return undefined;
    });
  }

  function keep(userId: string, key: string, { status, ...rest }: Reply): Promise<unknown> {
    return asUser(db, userId, async (trx) => {
      const response = await vault.seal(trx, userId, rest);
      await trx.updateTable('idempotencyKeys').set({ status, response }).where('key', '=', key).execute();
    });
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Shapes a digest as a UUID of version 8, the one for such uses (RFC 9562). */
function uuidFrom(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
