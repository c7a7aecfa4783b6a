import { minorDigits } from '../../domain/money.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Flags } from '../../ports/flags.ts';
import type { FuseStore, UserBounds } from '../../ports/storage/fuse.ts';
import type { FuseLimits } from '../../ports/storage/fuse-check.ts';

/**
 * The fuse is the spend limiter: bounds on the money that is reserved, on the bookings that Parker may begin by itself, and on
 * outcomes that stay unknown. Beyond one of them it blows, and no new authorization or order begins until two operators have
 * rearmed it. Compensation and captures continue. A user has bounds of their own, far below: beyond them that user's trips wait.
 */

/** Why nothing new begins, in words for the traveller. */
export const FUSE_BLOWN = {
  code: 'fuse_blown',
  message: 'New bookings are paused while we check that everything is in order.',
} as const;

/** Why a user's own bookings wait, in words for the traveller. */
export const USER_LIMIT = {
  code: 'user_limit',
  message: 'Your account has reached the limit of what we book in one hour.',
} as const;

/** Why a fare in a currency without a rate waits, in words for the traveller. */
export const CURRENCY_LIMIT = {
  code: 'currency_limit',
  message: 'We can not book an amount this high in this currency by ourselves; our team has been told.',
} as const;

/** A worker notices within this that the fuse has blown. The intent of a call checks the fuse itself. */
const NOTICED_WITHIN_MS = 1_000;

/** The fuse beside the kill switches, so that a trip which fits meanwhile waits and no attempt is started in vain. */
export function orFuse(
  stop: Flags['bookingStop'],
  fuse: Pick<FuseStore, 'reason' | 'userAtLimit'>,
  limits: Pick<FuseLimits, 'currency' | 'userSpendPerHour' | 'userBookingsPerHour'>,
  clock: Pick<Clock, 'now'>,
): Flags['bookingStop'] {
  let last = { at: 0, blown: false };
  return async (userId) => {
    const stopped = await stop(userId);
    if (stopped) return stopped;
    const at = clock.now().getTime();
    if (at - last.at >= NOTICED_WITHIN_MS) last = { at, blown: (await fuse.reason()) !== null };
    if (last.blown) return FUSE_BLOWN;
    return userId !== undefined && (await fuse.userAtLimit(userId, userBounds(limits))) ? USER_LIMIT : null;
  };
}

/** A user's bounds as storage compares them: in minor units of the fuse's currency. */
const userBounds = ({
  currency,
  userSpendPerHour,
  userBookingsPerHour,
}: Parameters<typeof orFuse>[2]): UserBounds => ({
  currency,
  maxMinor: userSpendPerHour === null ? null : Math.round(userSpendPerHour * 10 ** minorDigits(currency)),
  maxBookings: userBookingsPerHour,
});
