import type { Attempt, AttemptPatch } from '../../domain/attempt.ts';
import { minorDigits } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { inReference, isRated } from '../../domain/reference-rates.ts';
import type { IntentOutcome, Stop } from '../../domain/saga.ts';
import {
  ATTEMPT_STOPS,
  type AttemptStop,
  type FuseCharge,
  type FuseLimits,
} from '../../ports/storage/fuse-check.ts';
import type { AlertFuse } from '../fuse/alert.ts';
import { CURRENCY_LIMIT, FUSE_BLOWN, USER_LIMIT } from '../fuse/index.ts';
import type { SessionRules } from '../saga/session.ts';

/**
 * What a booking asks of the fuse. An authorization is charged before it is asked for; an order asks whether the fuse is
 * blown; what turns out not to be reserved is credited in the commit that says so.
 */
export function fuseRules(
  fuse: FuseLimits,
  alertFuse: AlertFuse,
): Required<Pick<SessionRules<Attempt, AttemptPatch>, 'fuseCheck' | 'refused'>> {
  return {
    fuseCheck({ offer }, intent, outcomes, end) {
      const unknown = outcomes.some(({ outcome }) => outcome === 'unknown');
      const counts = {
        ...(unknown && { maxUnknownPerHour: fuse.unknownsPerHour }),
        ...((outcomes.some(saysNothingReserved) || (end && endsWithNothingReserved(end))) && {
          credit: true as const,
        }),
      };
      if (intent?.step !== 'authorize' && intent?.step !== 'order') return counts;
      if (intent.step === 'order' || !intent.fresh) return { ...counts, requiresArmed: true };
      return { ...counts, charge: chargeOf(offer as Offer, fuse) };
    },
    // A worker that dies before the alert leaves it to the reconciler to tell that the fuse has blown.
    async refused({ stop, blown }, attempt) {
      const price = attempt.step === 'authorize' ? attempt.offer?.price : undefined;
      if (price && !isRated(price.currency)) await alertFuse({ kind: 'unrated', currency: price.currency });
      if (stop !== null && isAttemptStop(stop)) {
        if (stop !== 'unrated_currency') await alertFuse({ kind: 'user', userId: attempt.userId, stop });
        return STOPS[stop];
      }
      if (stop !== null || blown) await alertFuse({ kind: 'blown' });
      return stop === null ? null : FUSE_BLOWN;
    },
  };
}

/** Outcomes of `authorize` after which money is reserved, or may be. After any other none is: it was refused, or never asked for. */
const MAY_BE_RESERVED: ReadonlySet<string> = new Set([
  'held',
  'unknown',
  'needs_confirmation',
  'pending',
  'authorized',
  'captured',
]);

const saysNothingReserved = ({ step, outcome }: IntentOutcome): boolean =>
  step === 'authorize' && !MAY_BE_RESERVED.has(outcome);

/** A compensated attempt has voided what it reserved. What was captured stays counted for its hour, though it was refunded. */
const endsWithNothingReserved = ({
  patch,
  events,
}: NonNullable<Parameters<NonNullable<SessionRules<Attempt, AttemptPatch>['fuseCheck']>>[3]>): boolean =>
  patch.status === 'FAILED' && !events.some(({ type }) => type === 'payment.refunded');

const STOPS: Readonly<Record<AttemptStop, Stop>> = {
  user_spend_per_hour: USER_LIMIT,
  user_bookings_per_hour: USER_LIMIT,
  unrated_currency: CURRENCY_LIMIT,
};

const isAttemptStop = (stop: string): stop is AttemptStop =>
  (ATTEMPT_STOPS as readonly string[]).includes(stop);

function chargeOf({ price }: Offer, fuse: FuseLimits): FuseCharge {
  const minorOf = (major: number) => Math.round(major * 10 ** minorDigits(fuse.currency));
  return {
    amount: inReference(price, fuse.currency),
    rated: isRated(price.currency),
    maxMinorPerHour: minorOf(fuse.spendPerHour),
    maxPerMinute: fuse.bookingsPerMinute,
    maxMinorPerUserHour: fuse.userSpendPerHour === null ? null : minorOf(fuse.userSpendPerHour),
    maxPerUserHour: fuse.userBookingsPerHour,
  };
}
