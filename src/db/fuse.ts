import { sql } from 'kysely';
import type { FuseAct, FuseReason, FuseUsage, FuseView, UserBounds } from '../ports/storage/fuse.ts';
import type { Db } from './client/index.ts';
import { precompiled } from './client/precompiled.ts';

/** @returns why the fuse is blown, or null while it is armed */
export async function fuseReason(db: Db): Promise<FuseReason | null> {
  const row = await db.selectFrom('fuse').select(['state', 'reason']).executeTakeFirst();
  return row?.state === 'armed' ? null : (row?.reason ?? 'missing');
}

export async function readFuse(db: Db): Promise<FuseView> {
  const row = await db
    .selectFrom('fuse')
    .select(['state', 'reason', 'blownAt', 'rearmAskedBy'])
    .executeTakeFirstOrThrow();
  return { ...row, state: stateOf(row) };
}

/** Reads the fuse, and keeps others from changing it until the transaction ends. @param askedWithinMs older requests to rearm are left out */
export async function lockFuse(
  trx: Db,
  askedWithinMs: number,
): Promise<Pick<FuseView, 'state' | 'rearmAskedBy'>> {
  const since = sql<Date>`now() - ${askedWithinMs} * interval '1 millisecond'`;
  const row = await trx
    .selectFrom('fuse')
    .select((eb) => [
      'state',
      eb.case().when('rearmAskedAt', '>', since).then(eb.ref('rearmAskedBy')).end().as('rearmAskedBy'),
    ])
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { state: stateOf(row), rearmAskedBy: row.rearmAskedBy };
}

const stateOf = ({ state }: { state: string }) => (state === 'armed' ? 'armed' : 'blown');

/** @returns whether the fuse was still armed */
export async function blowFuse(trx: Db, reason: FuseReason): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('fuse')
    .set({ state: 'blown', reason, blownAt: sql`now()`, rearmAskedBy: null, rearmAskedAt: null })
    .where('state', '=', 'armed')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function askRearm(trx: Db, who: string): Promise<void> {
  await trx.updateTable('fuse').set({ rearmAskedBy: who, rearmAskedAt: sql`now()` }).execute();
}

/** Arms the fuse, and resets the counts towards the fleet's limits. @returns false unless another operator asked for it */
export async function armFuse(trx: Db, confirmedBy: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('fuse')
    .set({ state: 'armed', reason: null, blownAt: null, rearmAskedBy: null, rearmAskedAt: null })
    .where('rearmAskedBy', '<>', confirmedBy)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await trx.deleteFrom('fuseMinutes').execute();
  return true;
}

/**
 * What is counted towards the bounds, as `charge_attempts` in migrations/0009 counts it: by the minute, and since the fuse was
 * armed. What was credited since the last charge is still in `fuse_minutes`, and is taken off here as the next charge will.
 */
export async function fuseUsage(
  db: Db,
  { currency, users }: { readonly currency: string; readonly users: number },
): Promise<FuseUsage> {
  const thisMinute = sql<Date>`date_trunc('minute', clock_timestamp())`;
  const hourOfMinutes = sql<Date>`date_trunc('minute', clock_timestamp()) - interval '1 hour'`;
  const counted = await db
    .selectFrom('fuseMinutes')
    .select(({ fn }) => [
      fn
        .coalesce(fn.sum<string>('spentMinor').filterWhere('currency', '=', currency), sql.lit(0))
        .as('spent'),
      fn
        .coalesce(fn.sum<string>('bookings').filterWhere('minute', '=', thisMinute), sql.lit(0))
        .as('bookings'),
      fn.coalesce(fn.sum<string>('unknowns'), sql.lit(0)).as('unknowns'),
    ])
    .where('minute', '>', hourOfMinutes)
    .executeTakeFirstOrThrow();
  const credited = await db
    .selectFrom('fuseCharges as c')
    .innerJoin('fuse as f', (join) => join.onTrue())
    .select(({ fn }) => [
      fn.coalesce(fn.sum<string>('c.minor'), sql.lit(0)).as('all'),
      fn
        .coalesce(fn.sum<string>('c.minor').filterWhere('c.counted', '=', true), sql.lit(0))
        .as('stillCounted'),
    ])
    .where('c.creditedAt', 'is not', null)
    .where('c.currency', '=', currency)
    .where('c.at', '>', hourOfMinutes)
    .where(({ eb, or }) => or([eb('f.armedAt', 'is', null), eb('c.at', '>', eb.ref('f.armedAt'))]))
    .executeTakeFirstOrThrow();
  const byUser = await db
    .selectFrom('fuseCharges')
    .select(({ fn }) => [
      'userId',
      fn
        .coalesce(
          fn
            .sum<string>('minor')
            .filterWhere('creditedAt', 'is', null)
            .filterWhere('currency', '=', currency),
          sql.lit(0),
        )
        .as('spent'),
      fn.countAll<string>().as('begun'),
    ])
    .where('at', '>', sql<Date>`now() - interval '1 hour'`)
    .groupBy('userId')
    .orderBy('spent', 'desc')
    .orderBy('begun', 'desc')
    .limit(users)
    .execute();
  return {
    spentMinor: Number(counted.spent) - Number(credited.stillCounted),
    creditedMinor: Number(credited.all),
    bookings: Number(counted.bookings),
    unknowns: Number(counted.unknowns),
    users: byUser.map(({ userId, spent, begun }) => ({
      userId,
      spentMinor: Number(spent),
      bookings: Number(begun),
    })),
  };
}

/** A user's own bounds, asked by one of their trips. */
export interface BoundsCheck {
  readonly userId: string;
  readonly bounds: UserBounds;
}

/**
 * Whether each user has used up one of the hour's bounds; a charge compares them again, under the fuse's lock.
 * @returns one answer per check, in order
 */
export async function usersAtLimit(db: Db, checks: readonly BoundsCheck[]): Promise<boolean[]> {
  const rows = await hourOf(db, { userIds: [...new Set(checks.map(({ userId }) => userId))] });
  const byUser = Map.groupBy(rows, ({ userId }) => userId);
  return checks.map(({ userId, bounds: { currency, maxMinor, maxBookings } }) => {
    const own = byUser.get(userId) ?? [];
    const spent = Number(own.find((row) => row.currency === currency)?.spent ?? 0);
    const bookings = own.reduce((sum, row) => sum + Number(row.bookings), 0);
    return (maxMinor !== null && spent >= maxMinor) || (maxBookings !== null && bookings >= maxBookings);
  });
}

/** What users began in the last hour, by currency: how often, and for how much that was not credited. */
const hourOf = precompiled((db, { userIds }: { userIds: readonly string[] }) =>
  db
    .selectFrom('fuseCharges')
    .select(({ fn }) => [
      'userId',
      'currency',
      fn.sum<string | null>('minor').filterWhere('creditedAt', 'is', null).as('spent'),
      fn.countAll<string>().as('bookings'),
    ])
    .where('userId', '=', sql<string>`any (${userIds}::text[])`)
    .where('at', '>', sql<Date>`now() - interval '1 hour'`)
    .groupBy(['userId', 'currency']),
);

export async function recordFuseAct(trx: Db, act: FuseAct): Promise<void> {
  await trx
    .insertInto('opsAudits')
    .values({ ...act, target: JSON.stringify({ fuse: true }) })
    .execute();
}
