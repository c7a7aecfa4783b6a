import { formatMoney, minorDigits } from '../domain/money.ts';
import type { FuseUsage } from '../ports/storage/fuse.ts';
import type { FuseLimits } from '../ports/storage/fuse-check.ts';
import { blowByHand, rearm } from '../services/fuse/operate.ts';
import type { Command } from './command.ts';

export const fuse: Command = async ({ ports, words: [verb], operator, hasToken, as }) => {
  const { fuseStore, fuseLimits } = ports();
  if (verb === 'blow') {
    // To stop is safe, and must be possible while the identity provider is down: then a claimed name will do, and is kept as such.
    const who = hasToken ? (await operator()).userId : claimed(as);
    await blowByHand(fuseStore, { who, proven: hasToken });
  } else if (verb === 'rearm') await rearm(fuseStore, (await operator()).userId);
  else if (verb) throw new Error('fuse takes blow, rearm or nothing');
  const { state, reason, blownAt, rearmAskedBy } = await fuseStore.read();
  if (state === 'armed') console.log('fuse: armed, new bookings may begin');
  else {
    console.log(`fuse: blown (${reason}) since ${blownAt?.toISOString()}: nothing new begins`);
    if (rearmAskedBy) console.log(`  ${rearmAskedBy} asked to rearm it; a second person must confirm`);
  }
  const limits = fuseLimits();
  const usage = await fuseStore.usage({ currency: limits.currency, users: USERS_SHOWN });
  for (const line of usageLines(usage, limits)) console.log(line);
  // A command that did what it says went well; a look answers whether new bookings may begin.
  return verb === 'blow' || state === 'armed' ? 0 : 1;
};

/** Users who are shown: those who have used most. */
const USERS_SHOWN = 5;

/** What is used of each bound, in a line each. */
function usageLines(usage: FuseUsage, limits: FuseLimits): string[] {
  const { currency, userSpendPerHour, userBookingsPerHour } = limits;
  const money = (minor: number) => formatMoney({ minor, currency }).amount;
  const bound = (major: number) => money(Math.round(major * 10 ** minorDigits(currency)));
  return [
    `  spend in this hour        ${money(usage.spentMinor)} of ${bound(limits.spendPerHour)} ${currency}; ${money(usage.creditedMinor)} ${currency} credited`,
    `  bookings in this minute   ${usage.bookings} of ${limits.bookingsPerMinute}`,
    `  unknown in this hour      ${usage.unknowns} of ${limits.unknownsPerHour}`,
    ...usage.users.map(
      ({ userId, spentMinor, bookings }) =>
        `  user ${userId}: ${money(spentMinor)} of ${userSpendPerHour === null ? 'any amount' : bound(userSpendPerHour)} ${currency}, ${bookings} of ${userBookingsPerHour ?? 'any number of'} bookings in the last hour`,
    ),
  ];
}

function claimed(as: string | undefined): string {
  if (!as || !/^[\w.@-]{2,80}$/.test(as))
    throw new Error('without a token, --as says who you are; it is kept in the audit log');
  return as;
}
