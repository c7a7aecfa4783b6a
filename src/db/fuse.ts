import { sql } from 'kysely';
import type { Money } from '../domain/money.ts';
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

/** Counts a booking against the bounds; see migrations/0002. @returns why it may not begin, or null */
export async function chargeFuse(trx: Db, { minor, currency }: Money, maxMinor: number, perMinute: number) {
  const { rows } = await sql<{ why: FuseReason | null }>`
    select charge_fuse(${minor}, ${currency}, ${maxMinor}, ${perMinute}) as why`.execute(trx);
  return rows[0]?.why ?? null;
}

/** @returns whether this one was too many, and blew the fuse */
export async function countUnknown(trx: Db, perHour: number): Promise<boolean> {
  const { rows } = await sql<{ blown: boolean }>`select count_unknown(${perHour}) as blown`.execute(trx);
  return rows[0]?.blown ?? false;
}

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
