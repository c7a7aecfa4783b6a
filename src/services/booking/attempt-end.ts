import {
  type Attempt,
  type AttemptOutcome,
  type AttemptPatch,
  type Compensation,
  type OrderFacts,
  ticketsOfTravellers,
} from '../../domain/attempt.ts';
import { moneyText } from '../../domain/money.ts';
import type { NotificationKind } from '../../domain/notification.ts';
import type { Offer } from '../../domain/offer.ts';
import { alertOf } from '../../domain/ops-alert.ts';
import { freshnessWindow } from '../../domain/search.ts';
import type { TripTransition } from '../../domain/trip.ts';
import { mayBecome, type TripStatus } from '../../domain/trip.ts';
import type { OutboxJob } from '../../ports/outbox.ts';
import type { SearchSchedule } from '../../ports/search-schedule.ts';
import type { AttemptEnd, NewBooking } from '../../ports/storage/attempts.ts';
import type { NotificationRequest } from '../../ports/storage/notifications.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { type OpsAlert, opsAlert } from '../notifications/ops-alert.ts';
import { notificationRequest } from '../notifications/request.ts';
import type { SagaEnd } from '../saga/step.ts';
import { AUTHORIZATION_LIMIT, limitMailKey } from './authorization-limit.ts';

/** What the end of an attempt means for trip, booking and mail. Storage writes it, and decides nothing. */
export function attemptEnd(
  attempt: Attempt,
  outcome: AttemptOutcome,
  { schedule, now }: { schedule: SearchSchedule; now: Date },
): SagaEnd<AttemptPatch, AttemptEnd> {
  if (outcome.kind === 'booked') return booked(attempt);
  return outcome.kind === 'human'
    ? needsHuman(attempt, outcome)
    : compensated(attempt, outcome, schedule, now);
}

function booked(attempt: Attempt): SagaEnd<AttemptPatch, AttemptEnd> {
  const { tripId, offer } = attempt;
  const { total, bookingReference } = attempt.order as OrderFacts;
  const price = moneyText(total);
  return {
    patch: { status: 'SUCCESS', step: 'done' },
    events: [{ type: 'booking.confirmed', detail: { bookingReference, price } }],
    end: {
      // A trip cancelled in the very last moment is booked all the same: the order exists and is paid.
      trip: transition(['BOOKING', 'CANCELLED'], 'BOOKED', {
        outcome: { code: 'booked', message: `Booked for ${price}. Reference ${bookingReference}.` },
        selectedOfferId: offer?.offerId ?? null,
      }),
      booking: bookingOf(attempt),
      notifications: [notify(attempt, 'booking_confirmed', `booking_confirmed:${tripId}`)],
    },
  };
}

function bookingOf({ order, offer, paymentIntentId }: Attempt): NewBooking {
  const facts = order as OrderFacts;
  const { orderId, bookingReference, total } = facts;
  const { provider, slices, passengers } = offer as Offer;
  return {
    provider,
    orderId,
    paymentIntentId: paymentIntentId as string,
    // The confirm step waits for it.
    bookingReference: bookingReference as string,
    price: total,
    ticketNumbers: ticketsOfTravellers(facts, passengers),
    itinerary: slices,
  };
}

const TRIP_AFTER: Record<Compensation['to'], TripStatus> = {
  watch: 'PENDING',
  search: 'PENDING',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

/** First wait before a trip whose offer was gone is searched again; it doubles with every attempt. */
const SEARCH_AGAIN_MS = 5_000;

function compensated(
  attempt: Attempt,
  { compensation, events = [] }: Extract<AttemptOutcome, { kind: 'compensated' }>,
  schedule: SearchSchedule,
  now: Date,
): SagaEnd<AttemptPatch, AttemptEnd> {
  const { code, message } = compensation;
  const detail = { code, message };
  const to = TRIP_AFTER[compensation.to];
  const { watchIntervalMs } = schedule;
  const soonMs = Math.min(watchIntervalMs, SEARCH_AGAIN_MS * 2 ** Math.min(attempt.number, 12));
  const nextCheckAt = new Date(now.getTime() + (compensation.to === 'search' ? soonMs : watchIntervalMs));
  const { notify: kind } = compensation;
  return {
    patch: { status: 'FAILED', step: 'done', errorCode: code, errorMessage: message },
    events: [...events, { type: to === 'FAILED' ? 'booking.failed' : 'booking.undone', detail }],
    end: {
      trip: transition(['BOOKING'], to, {
        outcome: detail,
        selectedOfferId: null,
        nextCheckAt: to === 'PENDING' ? nextCheckAt : null,
      }),
      notifications: compensation.alert ? [alertFor(attempt, { code, ...alertOf(compensation.alert) })] : [],
      whenTripMoved: {
        notifications: kind ? [notify(attempt, kind, dedupeKeyOf(kind, code, attempt, now), detail)] : [],
        jobs: compensation.to === 'search' ? [ownSearch(attempt, nextCheckAt, schedule)] : [],
      },
    },
  };
}

/** A fare may slip away many times a day; one mail a day says so. Every other mail is sent once per attempt. */
function dedupeKeyOf(kind: NotificationKind, code: string, { id, tripId }: Attempt, now: Date): string {
  if (code === AUTHORIZATION_LIMIT) return limitMailKey(tripId);
  return kind === 'price_change' ? `${kind}:${tripId}:${now.toISOString().slice(0, 10)}` : `${kind}:${id}`;
}

/** A search of the trip's own, so that it need not wait for the next sweep. */
function ownSearch(attempt: Attempt, runAt: Date, { freshnessMs }: SearchSchedule): OutboxJob {
  const { tripId, number, correlationId } = attempt;
  const { searchKey } = attempt.trip;
  const window = freshnessWindow(runAt, freshnessMs);
  return toOutboxJob('search', { searchKey, window, tripId, nth: number }, { correlationId, runAt });
}

function needsHuman(
  attempt: Attempt,
  { code, message }: Extract<AttemptOutcome, { kind: 'human' }>,
): SagaEnd<AttemptPatch, AttemptEnd> {
  return {
    // The step stays, for the person who takes over.
    patch: { status: 'NEEDS_HUMAN', errorCode: code, errorMessage: message },
    events: [{ type: 'booking.needs_human', detail: { code, message } }],
    end: {
      trip: transition(['BOOKING', 'CANCELLED'], 'BOOKING', {
        outcome: {
          code: 'needs_human',
          message: 'Something went wrong with this booking and a person is looking into it.',
        },
      }),
      notifications: [alertFor(attempt, { kind: 'needs_human', code, message })],
    },
  };
}

/** Along the edges of the trip's state machine only. */
const transition = (
  from: readonly TripStatus[],
  to: TripStatus,
  rest: Omit<TripTransition, 'from' | 'to'>,
): TripTransition => ({ from: from.filter((status) => mayBecome(status, to)), to, ...rest });

const alertFor = (
  { id, userId, tripId, correlationId }: Attempt,
  alert: Pick<OpsAlert, 'kind' | 'message'> & { readonly code: string },
): NotificationRequest =>
  opsAlert({
    ...alert,
    about: { userId, tripId, correlationId },
    attemptId: id,
    dedupe: `${id}:${alert.code}`,
  });

const notify = (
  { userId, tripId, correlationId }: Attempt,
  kind: NotificationKind,
  dedupeKey: string,
  data?: Record<string, unknown>,
): NotificationRequest => notificationRequest({ userId, tripId, kind, dedupeKey, data, correlationId });
