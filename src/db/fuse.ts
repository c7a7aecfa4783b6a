import { sql } from 'kysely';
import type { Db } from './client.ts';

/** Bounds on what Parker may begin by itself; beyond one of them new bookings stop. */
export interface FuseLimits {
  /** In major units of any one currency, over the last hour. */
  readonly spendPerHour: number;
  readonly bookingsPerMinute: number;
  readonly unknownsPerHour: number;
}

export type FuseReason =
  | 'spend_per_hour'
  | 'bookings_per_minute'
  | 'unknown_outcomes'
  | 'invariant_breach'
  | (string & {});

/** @returns why the fuse is blown, or null while it is armed */
export async function fuseReason(db: Db): Promise<FuseReason | null> {
  const row = await db.selectFrom('fuse').select(['state', 'reason']).executeTakeFirst();
  return row?.state === 'armed' ? null : (row?.reason ?? 'missing');
}

/** @returns whether it was still armed */
export async function blowFuse(trx: Db, reason: FuseReason): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('fuse')
    .set({ state: 'blown', reason, blownAt: sql`now()`, rearmAskedBy: null, rearmAskedAt: null })
    .where('state', '=', 'armed')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
