import { sql } from 'kysely';
import type { Page } from '../ports/storage/page.ts';
import type { Db, Trx } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';
import { cursorAt, older } from './page.ts';

/** Who flies on these trips: encrypted, with the wrapped key of the user whose travellers they are. */
export const travelersOf = precompiled((db, { tripIds }: { tripIds: readonly string[] }) =>
  db
    .selectFrom('tripRequests as t')
    .innerJoin('users as u', 'u.userId', 't.userId')
    .innerJoin('travelers as p', (join) =>
      join.onRef('p.userId', '=', 't.userId').on('p.id', '=', (eb) => eb.fn.any('t.travelerIds')),
    )
    .select(['t.id as tripId', 't.userId', 'u.dataKey', 'p.pii'])
    .where('t.id', '=', sql<string>`any (${tripIds}::uuid[])`),
);

/** Those of these travellers that the transaction may see: encrypted, with their user's wrapped key. */
export const travelersNamed = precompiled((db, { ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('travelers as p')
    .innerJoin('users as u', 'u.userId', 'p.userId')
    .select(['p.id', 'p.pii', 'u.dataKey', 'p.createdAt'])
    .where('p.id', '=', sql<string>`any (${ids}::uuid[])`),
);

/** As `travelersNamed`; none of them can be deleted before the transaction ends, and none that is being deleted is found. */
export const keepTravelers = precompiled((db, { ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('travelers as p')
    .innerJoin('users as u', 'u.userId', 'p.userId')
    .select(['p.id', 'p.pii', 'u.dataKey', 'p.createdAt'])
    .where('p.id', '=', sql<string>`any (${ids}::uuid[])`)
    .forKeyShare('p'),
);

/**
 * Has others that lock the same travellers wait until the transaction ends; those who read or keep them do not. Locked in
 * the order of ids, so that two transactions do not wait for each other.
 */
export const lockTravelers = precompiled((db, { ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('travelers')
    .select('id')
    .where('id', '=', sql<string>`any (${ids}::uuid[])`)
    .orderBy('id')
    .forNoKeyUpdate(),
);

/** Waits for those who are making the traveller part of a trip, and keeps others from it until the transaction ends. */
export async function lockTraveler(trx: Trx, id: string): Promise<void> {
  await trx.selectFrom('travelers').select('id').where('id', '=', id).forUpdate().execute();
}

/** The user's travellers, newest first. */
export function listTravelers(db: Db, page: Page) {
  return db
    .selectFrom('travelers')
    .select(['id', 'pii', 'createdAt', cursorAt('createdAt')])
    .select((eb) =>
      eb
        .selectFrom('users')
        .select('users.dataKey')
        .whereRef('users.userId', '=', 'travelers.userId')
        .$asScalar()
        .$notNull()
        .as('dataKey'),
    )
    .where(older('createdAt', page))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

/** @returns when it was stored */
export async function insertTraveler(
  db: Db,
  traveler: { id: string; userId: string; pii: Buffer },
): Promise<Date> {
  const { createdAt } = await db
    .insertInto('travelers')
    .values(traveler)
    .returning('createdAt')
    .executeTakeFirstOrThrow();
  return createdAt;
}

export async function updateTraveler(db: Db, id: string, pii: Buffer): Promise<void> {
  await db.updateTable('travelers').set({ pii }).where('id', '=', id).execute();
}

/** @returns false when there is no such traveller */
export async function deleteTraveler(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('travelers').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
