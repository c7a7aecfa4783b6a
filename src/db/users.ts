import type { User } from '../ports/storage/users.ts';
import type { Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

const userById = precompiled((db, { userId }: { userId: string }) =>
  db
    .selectFrom('users')
    .select(['userId', 'dataKey', 'email', 'emailAsOf', 'stripeCustomerId as customerId'])
    .where('userId', '=', userId),
);

export async function findUser(db: Db, userId: string): Promise<User | undefined> {
  const [user] = await userById(db, { userId });
  return user;
}

/** The user's wrapped data key. @throws Error when the user is not enrolled */
export async function dataKeyOf(db: Db, userId: string): Promise<Buffer> {
  const user = await findUser(db, userId);
  if (!user) throw new Error('the user has no data key');
  return user.dataKey;
}

/** A user who is stored already keeps the first data key. */
export async function insertUserIfAbsent(db: Db, userId: string, dataKey: Buffer): Promise<void> {
  await db
    .insertInto('users')
    .values({ userId, dataKey })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function setCustomerId(db: Db, userId: string, stripeCustomerId: string): Promise<void> {
  await db.updateTable('users').set({ stripeCustomerId }).where('userId', '=', userId).execute();
}

/** Compared in the statement, for the tokens of two requests may come in any order. */
export async function setEmailIfNewer(db: Db, userId: string, email: Buffer, asOf: Date): Promise<void> {
  await db
    .updateTable('users')
    .set({ email, emailAsOf: asOf })
    .where('userId', '=', userId)
    .where((eb) => eb.or([eb('emailAsOf', 'is', null), eb('emailAsOf', '<', asOf)]))
    .execute();
}
