import type { AttemptStatus } from './attempt.ts';
import type { Money } from './money.ts';

/** An authorization that was asked for in the last 30 days. */
export interface PastAuthorization {
  readonly at: Date;
  readonly tripId: string;
  /** The payment provider's id of the card; null where an older version did not note it. */
  readonly card: string | null;
  readonly amount: Money;
  /** `live`: its attempt is not over · `unused`: voided, nothing was bought · `booked` */
  readonly outcome: 'live' | 'unused' | 'declined' | 'booked';
}

/** An authorization about to be asked for. */
export type NewAuthorization = Pick<PastAuthorization, 'tripId' | 'card' | 'amount'>;

/** A limit that is reached, and when the next authorization may be asked for. */
export interface LimitReached {
  readonly limit: string;
  readonly until: Date;
}

const DAY_MS = 24 * 3_600_000;
/** As far back as the card networks count. */
export const AUTHORIZATION_HISTORY_MS = 30 * DAY_MS;

interface Limit {
  readonly limit: string;
  readonly max: number;
  readonly windowMs: number;
  readonly counts: (past: PastAuthorization, next: NewAuthorization) => boolean;
}

const cameToNothing = ({ outcome }: PastAuthorization): boolean =>
  outcome === 'unused' || outcome === 'declined';
const sameCard = (past: PastAuthorization, { card }: NewAuthorization): boolean =>
  card !== null && past.card === card;

/**
 * Well under what the card networks allow: Visa 20 reattempts of one amount in 30 days; Mastercard 10 declines a day, 35 in
 * 30 days. What led to a ticket is no reattempt and does not count. docs/decisions/0017.
 */
const LIMITS: readonly Limit[] = [
  {
    limit: 'trip_per_day',
    max: 6,
    windowMs: DAY_MS,
    counts: (past, next) => past.tripId === next.tripId && past.outcome !== 'booked',
  },
  {
    limit: 'card_per_day',
    max: 12,
    windowMs: DAY_MS,
    counts: (past, next) => sameCard(past, next) && cameToNothing(past),
  },
  {
    limit: 'card_amount_per_month',
    max: 10,
    windowMs: AUTHORIZATION_HISTORY_MS,
    counts: (past, next) =>
      sameCard(past, next) &&
      cameToNothing(past) &&
      past.amount.minor === next.amount.minor &&
      past.amount.currency === next.amount.currency,
  },
  {
    limit: 'card_declines_per_day',
    max: 5,
    windowMs: DAY_MS,
    counts: (past, next) => sameCard(past, next) && past.outcome === 'declined',
  },
  {
    limit: 'card_declines_per_month',
    max: 15,
    windowMs: AUTHORIZATION_HISTORY_MS,
    counts: (past, next) => sameCard(past, next) && past.outcome === 'declined',
  },
];

/** The limit that allows the next authorization last, of those that are reached; null when it may be asked for now. */
export function reachedLimit(
  past: readonly PastAuthorization[],
  next: NewAuthorization,
  now: Date,
): LimitReached | null {
  const reached = LIMITS.flatMap(({ limit, max, windowMs, counts }) => {
    const times = past
      .filter((one) => one.at.getTime() > now.getTime() - windowMs && counts(one, next))
      .map(({ at }) => at.getTime())
      .sort((a, b) => a - b);
    const frees = times[times.length - max];
    return frees === undefined ? [] : [{ limit, until: new Date(frees + windowMs) }];
  });
  return reached.toSorted((a, b) => b.until.getTime() - a.until.getTime())[0] ?? null;
}

/** Outcomes of the authorize intent that are no decline. */
const NOT_DECLINED: ReadonlySet<string> = new Set(['held', 'unknown', 'pending', 'voided', 'captured']);

/**
 * What became of an authorization, by its intent and its attempt.
 * @param intentOutcome null while it is not known
 * @returns null when the call was never made
 */
export function authorizationOutcome({
  intentOutcome,
  status,
}: {
  readonly intentOutcome: string | null;
  readonly status: AttemptStatus;
}): PastAuthorization['outcome'] | null {
  if (intentOutcome === 'not_attempted') return null;
  if (status === 'SUCCESS') return 'booked';
  if (intentOutcome !== null && !NOT_DECLINED.has(intentOutcome)) return 'declined';
  return status === 'FAILED' ? 'unused' : 'live';
}
