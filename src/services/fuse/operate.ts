import { Refused } from '../../errors.ts';
import type { FuseStore, FuseView } from '../../ports/storage/fuse.ts';

/** A request to rearm the fuse that is not confirmed by then is void, in ms. */
const REARM_WITHIN_MS = 3_600_000;

/**
 * Stops new bookings because a person wants them stopped; the rescuer alerts the others.
 * @param by.proven whether a token proved who it is; the audit log says so
 */
export async function blowByHand(
  fuse: FuseStore,
  by: { readonly who: string; readonly proven: boolean },
): Promise<FuseView> {
  const { who, proven } = by;
  await fuse.transaction(async (trx) => {
    const blown = await trx.blow(`by_hand_of_${who}`);
    const actor = proven ? `operator:${who}` : `claimed:${who}`;
    await trx.recordAct({ actor, action: 'fuse.blow', allowed: blown });
  });
  return fuse.read();
}

/**
 * Two people rearm a blown fuse: the first asks, another one confirms.
 * @param who the subject of the operator's verified token: a claimed name is not enough
 * @throws Refused `conflict` when the same person asks and confirms
 */
export async function rearm(fuse: FuseStore, who: string): Promise<FuseView> {
  await fuse.transaction(async (trx) => {
    const { state, rearmAskedBy } = await trx.lock(REARM_WITHIN_MS);
    if (state === 'armed') return;
    if (rearmAskedBy === who) throw askedYourself();
    if (rearmAskedBy) {
      if (!(await trx.arm(who))) throw askedYourself();
    } else await trx.askRearm(who);
    const action = rearmAskedBy ? 'fuse.rearm_confirmed' : 'fuse.rearm_asked';
    await trx.recordAct({ actor: `operator:${who}`, action, allowed: true });
  });
  return fuse.read();
}

const askedYourself = () =>
  new Refused('conflict', 'You asked for it yourself; a second person must confirm.');
