import type { Attempt, AttemptStatus, OrderFacts, Unwind } from '../../domain/attempt.ts';
import type { Ending, SagaEvent } from '../../domain/attempt-change.ts';
import { moneyText } from '../../domain/money.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { Outcome, TripStatus } from '../../domain/trip.ts';
import type { Cadence } from '../deps.ts';

/** What the end of an attempt means for everything around it. Storage writes it, and decides nothing. */
export interface Consequences {
  readonly attempt: {
    readonly status: Exclude<AttemptStatus, 'PENDING'>;
    /** False keeps the step, for the person who takes over. */
    readonly over: boolean;
    readonly errorCode?: string;
    readonly errorMessage?: string;
  };
  readonly trip: {
    readonly from: readonly TripStatus[];
    readonly to: TripStatus;
    readonly outcome: Outcome;
    /** Undefined leaves what is there. */
    readonly selectedOfferId?: string | null;
    readonly nextCheckAt?: Date | null;
  };
  readonly events: readonly SagaEvent[];
  /** Sent whatever became of the trip. */
  readonly tell: readonly Told[];
  /** Sent only when the trip moved. */
  readonly tellIfMoved?: Told;
  /** A search of the trip's own, only when the trip moved. */
  readonly searchAt?: Date;
}

export interface Told {
  readonly kind: NotificationKind | 'ops_alert';
  readonly dedupeKey: string;
  readonly data?: Record<string, unknown>;
}

/** First wait before a trip whose offer slipped away is searched again; it doubles with every attempt. */
const SEARCH_AGAIN_MS = 5_000;

export function consequencesOf(
  attempt: Attempt,
  ending: Ending,
  { cadence, now }: { cadence: Cadence; now: Date },
): Consequences {
  if (ending.kind === 'booked') return booked(attempt);
  return ending.kind === 'human' ? forHuman(attempt, ending) : undone(attempt, ending, cadence, now);
}

function booked({ tripId, order, offer }: Attempt): Consequences {
  const { total, bookingReference } = order as OrderFacts;
  const price = moneyText(total);
  return {
    attempt: { status: 'SUCCESS', over: true },
    trip: {
      // A trip cancelled in the very last moment is booked all the same: the order exists and is paid.
      from: ['BOOKING', 'CANCELLED'],
      to: 'BOOKED',
      outcome: { code: 'booked', message: `Booked for ${price}. Reference ${bookingReference}.` },
      selectedOfferId: offer?.offerId ?? null,
    },
    events: [{ type: 'booking.confirmed', detail: { bookingReference, price } }],
    tell: [{ kind: 'booking_confirmed', dedupeKey: `booking_confirmed:${tripId}` }],
  };
}

const TRIP_AFTER: Record<Unwind['to'], TripStatus> = {
  watch: 'PENDING',
  search: 'PENDING',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

function undone(
  attempt: Attempt,
  { unwind, events = [] }: Extract<Ending, { kind: 'undone' }>,
  { watchIntervalMs }: Cadence,
  now: Date,
): Consequences {
  const { code, message } = unwind;
  const detail = { code, message };
  const to = TRIP_AFTER[unwind.to];
  const soon = Math.min(watchIntervalMs, SEARCH_AGAIN_MS * 2 ** Math.min(attempt.number, 12));
  const nextCheckAt = new Date(now.getTime() + (unwind.to === 'search' ? soon : watchIntervalMs));
  return {
    attempt: { status: 'FAILED', over: true, errorCode: code, errorMessage: message },
    trip: {
      from: ['BOOKING'],
      to,
      outcome: detail,
      selectedOfferId: null,
      nextCheckAt: to === 'PENDING' ? nextCheckAt : null,
    },
    events: [...events, { type: to === 'FAILED' ? 'booking.failed' : 'booking.undone', detail }],
    ...(unwind.to === 'search' && { searchAt: nextCheckAt }),
    ...(unwind.notify && {
      tellIfMoved: { kind: unwind.notify, dedupeKey: dedupeKeyOf(unwind.notify, attempt, now), data: detail },
    }),
    tell: unwind.alert ? [opsAlert(attempt, detail)] : [],
  };
}

/** A fare may slip away many times a day; one mail a day says so. Everything else is told once per attempt. */
function dedupeKeyOf(kind: NotificationKind, { id, tripId }: Attempt, now: Date): string {
  return kind === 'price_change' ? `${kind}:${tripId}:${now.toISOString().slice(0, 10)}` : `${kind}:${id}`;
}

function forHuman(attempt: Attempt, { code, message }: Extract<Ending, { kind: 'human' }>): Consequences {
  return {
    attempt: { status: 'NEEDS_HUMAN', over: false, errorCode: code, errorMessage: message },
    trip: {
      from: ['BOOKING', 'CANCELLED'],
      to: 'BOOKING',
      outcome: {
        code: 'needs_human',
        message: 'Something went wrong with this booking and a person is looking into it.',
      },
    },
    events: [{ type: 'booking.needs_human', detail: { code, message } }],
    tell: [opsAlert(attempt, { code, message })],
  };
}

const opsAlert = (attempt: Attempt, { code, message }: Outcome): Told => ({
  kind: 'ops_alert',
  dedupeKey: `ops_alert:${attempt.id}:${code}`,
  data: { code, message, attemptId: attempt.id },
});
