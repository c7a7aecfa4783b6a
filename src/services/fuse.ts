import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/client.ts';
import { blowFuse, fuseReason } from '../db/fuse.ts';
import { Refused } from '../errors.ts';
import type { Flags } from '../flags/flags.ts';
import type { Storage } from './deps.ts';
import { notifyLater } from './notify-later.ts';

/** Why nothing new begins, in words for the traveller. */
export const FUSE_BLOWN = {
  code: 'fuse_blown',
  message: 'New bookings are paused while we check that everything is in order.',
} as const;

/** A blown fuse is noticed by a worker within this; the intent of a call asks for itself. */
const NOTICED_WITHIN_MS = 1_000;

/** The fuse beside the kill switches, so that a trip which fits meanwhile waits instead of being begun in vain. */
export function orFuse(stop: Flags['bookingStop'], db: Db, clock: Pick<Clock, 'now'>): Flags['bookingStop'] {
  let last = { at: 0, blown: false };
  return async (userId) => {
    const stopped = await stop(userId);
    if (stopped) return stopped;
    const at = clock.now().getTime();
    if (at - last.at >= NOTICED_WITHIN_MS) last = { at, blown: (await fuseReason(db)) !== null };
    return last.blown ? FUSE_BLOWN : null;
  };
}

/** Tells ops that the fuse is blown, if it is; once an hour while it stays so. */
export async function alertBlown(trx: Db): Promise<void> {
  const reason = await fuseReason(trx);
  if (!reason) return;
  const hour = new Date().toISOString().slice(0, 13);
  await notifyLater(trx, {
    userId: null,
    tripId: null,
    kind: 'ops_alert',
    dedupeKey: `ops_alert:fuse:${reason}:${hour}`,
    data: {
      code: 'fuse_blown',
      message: `The fuse has blown (${reason}): no new authorisation and no new order until two people arm it again.`,
    },
  });
}

/** Stops new bookings because something is true that never may be. */
export async function stopForBreach(trx: Db): Promise<void> {
  if (await blowFuse(trx, 'invariant_breach')) await alertBlown(trx);
}

export interface FuseView {
  readonly state: 'armed' | 'blown';
  readonly reason: string | null;
  readonly blownAt: Date | null;
  readonly rearmAskedBy: string | null;
}

export async function readFuse({ db }: Pick<Storage, 'db'>): Promise<FuseView> {
  const row = await db
    .selectFrom('fuse')
    .select(['state', 'reason', 'blownAt', 'rearmAskedBy'])
    .executeTakeFirstOrThrow();
  return { ...row, state: row.state === 'armed' ? 'armed' : 'blown' };
}

/** Stops new bookings because a person wants them stopped; the reconciler tells the others. */
export async function blowByHand({ db }: Pick<Storage, 'db'>, who: string): Promise<FuseView> {
  await db.transaction().execute(async (trx) => {
    const blown = await blowFuse(trx, `by_hand_of_${who}`);
    await note(trx, who, 'fuse.blow', blown);
  });
  return readFuse({ db });
}

/** A request to arm the fuse again that nobody confirmed is forgotten after this. */
const REARM_WITHIN = sql<Date>`now() - interval '1 hour'`;

/**
 * Two people arm a blown fuse: the first asks, another one confirms.
 * @throws Refused `conflict` when the same person asks and confirms
 */
export async function rearm({ db }: Pick<Storage, 'db'>, who: string): Promise<FuseView> {
  await db.transaction().execute(async (trx) => {
    const fuse = await trx.selectFrom('fuse').selectAll().forUpdate().executeTakeFirstOrThrow();
    if (fuse.state === 'armed') return;
    const asked = await trx
      .selectFrom('fuse')
      .select('rearmAskedBy')
      .where('rearmAskedAt', '>', REARM_WITHIN)
      .executeTakeFirst();
    if (asked?.rearmAskedBy === who)
      throw new Refused('conflict', 'You asked for it yourself; a second person must confirm.');
    const confirmed = Boolean(asked?.rearmAskedBy);
    await trx
      .updateTable('fuse')
      .set(
        confirmed
          ? { state: 'armed', reason: null, blownAt: null, rearmAskedBy: null, rearmAskedAt: null }
          : { rearmAskedBy: who, rearmAskedAt: sql`now()` },
      )
      .execute();
    // Two people have looked at what was counted; counting begins anew.
    if (confirmed) await trx.deleteFrom('fuseMinutes').execute();
    await note(trx, who, confirmed ? 'fuse.rearm_confirmed' : 'fuse.rearm_asked', true);
  });
  return readFuse({ db });
}

async function note(trx: Db, who: string, action: string, allowed: boolean): Promise<void> {
  await trx
    .insertInto('opsAudits')
    .values({ actor: `operator:${who}`, action, target: JSON.stringify({ fuse: true }), allowed })
    .execute();
}
