import type { DisputeStatus, RefundFailure } from '../../sandbox/stripe/types.ts';
import type { Chance } from '../chance.ts';
import type { AirlineCourse } from './airline-course.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What comes after the ticket: what the airline refunds, what becomes of the refunds, what the cardholder does. */
export interface AfterTicket {
  /** When the traveller cancels the booking, in ms after the start; null: as the scenario has it. */
  readonly cancelsAtMs: number | null;
  /** The airline's quotes for the cancellation, in order; further questions get the last one. */
  readonly quotes: readonly [AirlineQuote, ...AirlineQuote[]];
  /** How long the order reads as live after its cancellation was confirmed. */
  readonly readsLiveMs: number;
  /** How long the cancelled order does not say what it gave back; null: it says so at once. */
  readonly saysLaterMs: number | null;
  /** What becomes of each request for a refund under a key of its own; further ones succeed at once. */
  readonly refunds: readonly RefundFate[];
  readonly dispute: DisputeCourse | null;
  /** The least that the traveller wants back, as a share of the price; null: whatever the fare gives. */
  readonly acceptShare: number | null;
  /** When a traveller whose request was refused asks once more, after the refusal; null: never. */
  readonly asksAgainMs: number | null;
  /** What the airline does of its own accord; null: nothing. */
  readonly airline: AirlineCourse | null;
}

export interface AirlineQuote {
  /** `fare`: what the fare's conditions say. `less`: half of it once it is confirmed. */
  readonly gives: 'fare' | 'half' | 'nothing' | 'unknown' | 'credits' | 'card' | 'other_currency' | 'less';
  /** How long it can be confirmed. */
  readonly ttlMs: number;
}

export type RefundFate =
  /** Our balance is too low: nothing happens. */
  | { readonly kind: 'refused' }
  /** A 500, which the bank repeats under the same key whatever happened. */
  | { readonly kind: 'error'; readonly made: boolean }
  | {
      readonly kind: 'made';
      readonly status: 'pending' | 'requires_action' | 'succeeded';
      readonly moves: readonly RefundMove[];
    };

export interface RefundMove {
  /** After it was made. */
  readonly afterMs: number;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  readonly failure?: RefundFailure;
}

export interface DisputeCourse {
  /** After the capture. */
  readonly afterMs: number;
  readonly inquiry: boolean;
  /** Null: no response is possible. */
  readonly dueInMs: number | null;
  readonly moves: readonly { readonly afterMs: number; readonly to: DisputeStatus | 'escalate' }[];
}

/** An airline that keeps its word, a bank that refunds at once, and a cardholder who disputes nothing. */
export const PLAIN: AfterTicket = {
  cancelsAtMs: null,
  quotes: [{ gives: 'fare', ttlMs: 15 * MINUTE }],
  readsLiveMs: 0,
  saysLaterMs: null,
  refunds: [],
  dispute: null,
  acceptShare: null,
  asksAgainMs: null,
  airline: null,
};

/** As PLAIN, but for one refund that is refused, one that fails, and one that pends: each call of that day may be struck. */
export const ROUGH: AfterTicket = {
  ...PLAIN,
  refunds: [
    { kind: 'refused' },
    {
      kind: 'made',
      status: 'pending',
      moves: [{ afterMs: 20 * SECOND, status: 'failed', failure: 'insufficient_funds' }],
    },
    { kind: 'made', status: 'pending', moves: [{ afterMs: 2 * MINUTE, status: 'succeeded' }] },
  ],
};

/**
 * What comes after the tickets of a world: in half of all worlds nothing but what is PLAIN.
 * @param chance apart from the scenario's own, so that a seed's other chances stay
 */
export function afterTickets(chance: Chance, trips: number): AfterTicket[] {
  const indexes = Array.from({ length: trips }, (_, index) => index);
  if (chance.hits(0.5)) return indexes.map(() => PLAIN);
  return indexes.map(() => ({
    cancelsAtMs: chance.hits(0.7) ? cancelsAt(chance) : null,
    quotes: quotesOf(chance),
    readsLiveMs: chance.pick([0, 0, 0, 5 * SECOND, 3 * MINUTE, 25 * MINUTE]),
    saysLaterMs: chance.pick([null, null, null, null, 3 * SECOND, 5 * MINUTE, 40 * MINUTE]),
    refunds: Array.from({ length: chance.pick([0, 1, 1, 2, 3]) }, () => fateOf(chance)),
    dispute: chance.hits(0.25) ? disputeOf(chance) : null,
    acceptShare: chance.pick([null, null, null, 1, 0.7]),
    asksAgainMs: chance.pick([null, 2 * SECOND, 10 * MINUTE]),
    airline: null,
  }));
}

/** Right after the ticket, or long enough after it for a dispute to be known by then. */
const cancelsAt = (chance: Chance): number =>
  chance.hits(0.7) ? chance.skewed(10 * SECOND, 20 * MINUTE) : chance.between(30 * MINUTE, 2 * HOUR);

function quotesOf(chance: Chance): AfterTicket['quotes'] {
  const quote = (): AirlineQuote => ({
    gives: chance.hits(0.6)
      ? 'fare'
      : chance.pick(['half', 'nothing', 'unknown', 'credits', 'card', 'other_currency', 'less']),
    // Shorter than a step takes: stale by the time it is confirmed.
    ttlMs: chance.pick([15 * MINUTE, 15 * MINUTE, 15 * MINUTE, 500]),
  });
  return chance.hits(0.3) ? [quote(), quote()] : [quote()];
}

const FAILURES = [
  'insufficient_funds',
  'insufficient_funds',
  'lost_or_stolen_card',
  'expired_or_canceled_card',
  'unknown',
] as const satisfies readonly RefundFailure[];

function fateOf(chance: Chance): RefundFate {
  if (chance.hits(0.2)) return { kind: 'refused' };
  if (chance.hits(0.2)) return { kind: 'error', made: chance.hits(0.5) };
  const failure = chance.pick(FAILURES);
  if (chance.hits(0.35)) {
    // Mostly while somebody is looking; now and then so late that only the daily look finds it.
    const afterMs = chance.hits(0.9) ? chance.skewed(300, 30 * MINUTE) : chance.between(2 * HOUR, 30 * HOUR);
    return { kind: 'made', status: 'succeeded', moves: [{ afterMs, status: 'failed', failure }] };
  }
  const status = chance.pick(['pending', 'pending', 'requires_action'] as const);
  const afterMs = chance.skewed(500, 4 * HOUR);
  if (chance.hits(0.5)) {
    const moves: RefundMove[] = [{ afterMs, status: 'succeeded' }];
    if (chance.hits(0.3))
      moves.push({ afterMs: afterMs + chance.skewed(500, HOUR), status: 'failed', failure });
    return { kind: 'made', status, moves };
  }
  const over = chance.pick(['failed', 'failed', 'canceled'] as const);
  return { kind: 'made', status, moves: [{ afterMs, status: over, failure }] };
}

function disputeOf(chance: Chance): DisputeCourse {
  const inquiry = chance.hits(0.3);
  const afterMs = chance.skewed(2 * SECOND, 2 * HOUR);
  const dueInMs = chance.pick([null, 7 * HOUR, 9 * 24 * HOUR, 9 * 24 * HOUR]);
  const at = () => chance.skewed(SECOND, chance.hits(0.9) ? HOUR : 10 * HOUR);
  const first = at();
  const then = first + at();
  const over = chance.pick(['won', 'lost'] as const);
  const moves = inquiry
    ? chance.pick<DisputeCourse['moves']>([
        [{ afterMs: first, to: 'warning_closed' }],
        [
          { afterMs: first, to: 'escalate' },
          { afterMs: then, to: over },
        ],
      ])
    : chance.pick<DisputeCourse['moves']>([
        [],
        [{ afterMs: first, to: over }],
        [
          { afterMs: first, to: 'under_review' },
          { afterMs: then, to: over },
        ],
        // A bank may change its mind.
        [
          { afterMs: first, to: 'lost' },
          { afterMs: then, to: 'won' },
        ],
      ]);
  return { afterMs, inquiry, dueInMs, moves };
}
