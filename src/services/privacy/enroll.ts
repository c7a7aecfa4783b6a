import type { UserStore } from '../../ports/storage/users.ts';
import type { PiiCipher } from './pii-cipher.ts';

export interface EnrollDeps {
  readonly users: Pick<UserStore, 'transaction'>;
  readonly cipher: PiiCipher;
}

/**
 * Stores a user who calls the API for the first time, with a data key of their own, and keeps the first e-mail address
 * that a token of theirs carries.
 */
export async function enroll(
  { users, cipher }: EnrollDeps,
  { userId, email }: { readonly userId: string; readonly email: string | undefined },
): Promise<void> {
  await users.transaction(userId, async (trx) => {
    let user = await trx.find();
    if (!user) {
      await trx.insertIfAbsent(cipher.createDataKey(userId));
      // Of two first requests one has stored its key: the address is encrypted with that one.
      if (email) user = await trx.find();
    }
    if (email && user && !user.email) await trx.setEmail(cipher.encrypt(user.dataKey, userId, email));
  });
}
