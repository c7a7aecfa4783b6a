import { randomUUID } from 'node:crypto';
import { QUIET } from '../../db/audits.ts';
import type { AttemptColumns, Commit, Notice } from '../../db/commit-attempt.ts';
import type { FuseLimits } from '../../db/fuse.ts';
import type { Attempt, OrderFacts } from '../../domain/attempt.ts';
import type { Announcement, Change } from '../../domain/attempt-change.ts';
import { type Money, minorDigits } from '../../domain/money.ts';
import type { Offer } from '../../domain/offer.ts';
import { freshnessWindow } from '../../domain/search.ts';
import { mayBecome } from '../../domain/trip.ts';
import { waiting } from '../../queues/outbox.ts';
import type { Cadence } from '../deps.ts';
import type { Consequences, Told } from './endings.ts';

/** What steps decided, as the rows it changes. */
export function written(changes: readonly Change[], { fuse }: { fuse: FuseLimits }): Commit {
  if (changes.length === 0) return {};
  const last = changes.at(-1) as Change;
  const outcome = changes.findLast((change) => change.outcome)?.outcome;
  const settles = changes.flatMap(({ settle }) => settle ?? []);
  const events = changes.flatMap((change) => change.events ?? []);
  return {
    ...(outcome && { outcome }),
    attempt: Object.assign({ step: last.step }, ...changes.map(columnsOf)),
    ...(settles.length && { settles }),
    entries: events.length ? events : [{ type: QUIET, detail: { step: last.step } }],
    ...(settles.some((settle) => settle.outcome === 'unknown') && { unknowns: fuse.unknownsPerHour }),
  };
}

function columnsOf({ patch = {} }: Change): AttemptColumns {
  const { offer, order, paymentIntentId, captureBefore, unwind } = patch;
  return {
    ...(offer && {
      offer,
      offer_id: offer.offerId,
      amount_minor: offer.price.minor,
      currency: offer.price.currency,
    }),
    ...(order && { order_facts: order, order_id: order.orderId }),
    ...(paymentIntentId && { payment_intent_id: paymentIntentId }),
    ...(captureBefore !== undefined && { capture_before: captureBefore }),
    ...(unwind && { unwind }),
  };
}

/** A call about to be made. A hold is charged to the fuse before it is asked for; an order asks whether the fuse stands. */
export function announced(
  { offer }: Attempt,
  { fresh, ...intent }: Announcement,
  { fuse }: { fuse: FuseLimits },
): Commit {
  const announcement = fresh ? { intent } : {};
  if (intent.step !== 'authorize' && intent.step !== 'order') return announcement;
  if (intent.step === 'order' || !fresh) return { ...announcement, asksFuse: true };
  const { price } = offer as Offer;
  const maxHour = inMinor(fuse.spendPerHour, price);
  return { ...announcement, charge: { ...price, maxHour, maxMinute: fuse.bookingsPerMinute } };
}

const inMinor = (major: number, { currency }: Money): number => major * 10 ** minorDigits(currency);

/** The end of an attempt, with what it means for trip, booking and mail. */
export function ended(attempt: Attempt, meaning: Consequences, { cadence }: { cadence: Cadence }): Commit {
  const { status, over, errorCode, errorMessage } = meaning.attempt;
  const { from, to } = meaning.trip;
  const { tellIfMoved, searchAt } = meaning;
  return {
    trip: { ...meaning.trip, from: from.filter((one) => mayBecome(one, to)) },
    attempt: {
      status,
      ...(over && { step: 'done' }),
      ...(errorCode && { error_code: errorCode, error_message: errorMessage ?? '' }),
    },
    ...(status === 'SUCCESS' && { booking: bookingOf(attempt) }),
    entries: meaning.events,
    tell: meaning.tell.map(noticeOf),
    ...((tellIfMoved || searchAt) && {
      ifMoved: {
        ...(tellIfMoved && { tell: [noticeOf(tellIfMoved)] }),
        ...(searchAt && { jobs: [searchOfItsOwn(attempt, searchAt, cadence)] }),
      },
    }),
  };
}

function bookingOf({ order, offer, paymentIntentId }: Attempt) {
  const { orderId, bookingReference, total, ticketNumbers } = order as OrderFacts;
  const { provider, slices } = offer as Offer;
  return {
    provider,
    order_id: orderId,
    payment_intent_id: paymentIntentId,
    booking_reference: bookingReference,
    price_minor: total.minor,
    currency: total.currency,
    ticket_numbers: ticketNumbers,
    itinerary: slices,
  };
}

function noticeOf({ kind, dedupeKey, data }: Told): Notice {
  const id = randomUUID();
  return {
    id,
    kind,
    dedupe_key: dedupeKey,
    ...(data && { data }),
    job: row('notify', { notificationId: id }),
  };
}

/** A search of the trip's own, so that it need not wait for the next sweep. */
function searchOfItsOwn({ tripId, number, trip }: Attempt, runAt: Date, { freshnessMs }: Cadence) {
  const { searchKey } = trip;
  const window = freshnessWindow(runAt, freshnessMs);
  return { ...row('search', { searchKey, window, tripId, nth: number }), run_at: runAt };
}

function row(...job: Parameters<typeof waiting>) {
  const { jobId, ...rest } = waiting(...job);
  return { ...rest, job_id: jobId };
}

/** Two sets of rows as one: entries and outcomes of intents follow each other, the rest is the latter's. */
export function both(first: Commit, then: Commit): Commit {
  return {
    ...first,
    ...then,
    attempt: { ...first.attempt, ...then.attempt },
    settles: [...(first.settles ?? []), ...(then.settles ?? [])],
    entries: [...(first.entries ?? []), ...(then.entries ?? [])],
  };
}
