import { blowByHand, readFuse, rearm } from '../services/fuse.ts';
import type { Command } from './command.ts';

export const fuse: Command = async ({ db, words: [verb], as }) => {
  const storage = { db: db(), afterCommit: () => undefined };
  if (verb === 'blow') await blowByHand(storage, named(as));
  else if (verb === 'rearm') await rearm(storage, named(as));
  else if (verb) throw new Error('fuse takes blow, rearm or nothing');
  const { state, reason, blownAt, rearmAskedBy } = await readFuse(storage);
  if (state === 'armed') console.log('fuse: armed, new bookings may begin');
  else {
    console.log(`fuse: blown (${reason}) since ${blownAt?.toISOString()}: nothing new begins`);
    if (rearmAskedBy) console.log(`  ${rearmAskedBy} asked to arm it again; a second person must confirm`);
  }
  return state === 'armed' ? 0 : 1;
};

function named(as: string | undefined): string {
  if (!as || !/^[\w.@-]{2,80}$/.test(as))
    throw new Error('--as says who you are; it is kept in the audit trail');
  return as;
}
