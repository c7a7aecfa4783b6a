import { LRUCache } from 'lru-cache';
import type { User, UserStore, UserTransaction } from '../../ports/storage/users.ts';
import type { PiiCipher } from './pii-cipher.ts';

export interface EnrollDeps {
  readonly users: Pick<UserStore, 'transaction'>;
  readonly cipher: PiiCipher;
}

/** What a verified token says about its user. */
export interface TokenNews {
  readonly userId: string;
  /** Undefined when the token carries none that is verified. */
  readonly email: string | undefined;
  /** When the token was issued: of two addresses the one of the newer token is kept. */
  readonly issuedAt: Date;
}

/** Stores a user who calls the API for the first time, with a data key of their own, and the address of the newest token. */
export async function enroll({ users, cipher }: EnrollDeps, news: TokenNews): Promise<void> {
  await users.transaction(news.userId, async (trx) => {
    let user = await trx.find();
    if (!user) {
      await trx.insertIfAbsent(cipher.createDataKey(news.userId));
      // Of two first requests one has stored its key: the address is encrypted with that one.
      if (news.email) user = await trx.find();
    }
    if (user) await keepEmail(trx, cipher, user, news);
  });
}

/** Users whose newest token this process has seen: a token that is read with again and again is looked at once. */
const MAX_USERS = 10_000;

/** Keeps the address of the newest token of a user who is stored already; a person who only reads is not stored. */
export function createEmailRefresh({ users, cipher }: EnrollDeps): (news: TokenNews) => Promise<void> {
  const newest = new LRUCache<string, number>({ max: MAX_USERS });
  return async (news) => {
    const issuedMs = news.issuedAt.getTime();
    if (!news.email || issuedMs <= (newest.get(news.userId) ?? -1)) return;
    await users.transaction(news.userId, async (trx) => {
      const user = await trx.find();
      if (user) await keepEmail(trx, cipher, user, news);
    });
    newest.set(news.userId, issuedMs);
  };
}

async function keepEmail(
  trx: UserTransaction,
  cipher: PiiCipher,
  { dataKey, emailAsOf }: User,
  { userId, email, issuedAt }: TokenNews,
): Promise<void> {
  if (email && (emailAsOf === null || issuedAt > emailAsOf))
    await trx.setEmail(cipher.encrypt(dataKey, userId, email), issuedAt);
}
