import { type Attempt, CLAIM_MS } from '../../src/domain/attempt.ts';
import type { IntentStep, PastIntent } from '../../src/domain/saga.ts';
import { Fenced } from '../../src/errors.ts';
import type { AttemptEnd, AttemptStore } from '../../src/ports/storage/attempts.ts';
import { checkFuse } from './fuse.ts';
import { followRefundIntent, followRefundOutcome } from './refunds.ts';
import type { AttemptRow, Tables } from './tables.ts';

/** As the default of migrations/0018. */
const FIRST_LOOK_MS = 10 * 60_000;

/** A waiting attempt may be claimed this much before its time, as in src/db/attempts.ts. */
const EARLY_CLAIM_MS = 30_000;

/** Booking attempts in memory; one contract suite holds them and those in Postgres to the same behaviour. */
export function createMemoryAttempts(tables: Tables): AttemptStore {
  /** The row, if the caller's epoch is still the newest. @throws Fenced */
  function fenced({ id, epoch }: Attempt): AttemptRow {
    const row = tables.attempts.get(id);
    if (!row || row.epoch !== epoch || row.status !== 'PENDING')
      throw new Fenced(`attempt ${id} is past epoch ${epoch}`);
    row.updatedAt = tables.now();
    return row;
  }

  return {
    async claim(attemptId) {
      const row = tables.attempts.get(attemptId);
      const now = tables.now();
      if (row?.status !== 'PENDING' || (row.leaseUntil !== null && row.leaseUntil >= now)) return null;
      if (row.resumeAt !== null && row.resumeAt > now + EARLY_CLAIM_MS) return null;
      const claim = { epoch: row.epoch + 1, leaseUntil: now + CLAIM_MS, resumeAt: null, updatedAt: now };
      Object.assign(row, claim);
      const intents = [...tables.steps].flatMap(
        ([name, { intendedAt, epoch: _, request: __, ...intent }]) => {
          const [owner, step] = name.split(':') as [string, IntentStep];
          return owner === attemptId ? [{ step, ...intent, ageMs: now - intendedAt }] : [];
        },
      );
      return { subject: asAttempt(tables, row), intents };
    },
    async renew(attempt) {
      fenced(attempt).leaseUntil = tables.now() + CLAIM_MS;
    },
    async release(attempt, waitMs) {
      const resumeAt = waitMs === undefined ? null : tables.now() + waitMs;
      Object.assign(fenced(attempt), { leaseUntil: null, resumeAt });
    },
    async commit(
      attempt,
      { patch, outcomes, events, tripOutcome, notifications = [], intent, fuse = {}, end },
    ) {
      const row = fenced(attempt);
      const { id: attemptId, tripId } = attempt;
      const trip = tables.trip(tripId);
      const wasBlown = tables.fuse.reason !== null;
      Object.assign(row, patch, { leaseUntil: end ? null : tables.now() + CLAIM_MS });
      if (tripOutcome && trip.status === 'BOOKING') trip.outcome = tripOutcome;
      for (const one of outcomes) {
        const { step, outcome, result } = one;
        const recorded = tables.step(attemptId, step);
        const { orderId = null, pauseMs = null } = (result ?? {}) as Pick<PastIntent, 'orderId' | 'pauseMs'>;
        if (recorded) Object.assign(recorded, { outcome, orderId, pauseMs });
        followRefundOutcome(tables, recorded?.key, one);
      }
      const moved = end ? writeEnd(attempt, end) : false;
      for (const { type, detail } of events)
        tables.audit({ tripId, attemptId, type, detail, actor: 'worker' });
      for (const request of notifications) tables.notify({ ...request, tripId });
      if (end) notify(attempt, end, moved);
      if (patch.step === 'confirm_payment') tables.travellerAsked(row);
      const stop = checkFuse(tables, attempt, fuse, intent);
      if (intent && stop === null) {
        tables.steps.set(`${attemptId}:${intent.step}`, {
          key: intent.key,
          tries: intent.tries,
          epoch: attempt.epoch,
          intendedAt: tables.now(),
          outcome: null,
          orderId: null,
          request: intent.request,
        });
        followRefundIntent(tables, attemptId, intent);
      }
      tables.afterCommit();
      return { stop, blown: !wasBlown && tables.fuse.reason !== null };
    },
  };

  /** @returns whether the trip was still where its transition begins */
  function writeEnd({ id: attemptId, tripId }: Attempt, { trip, booking }: AttemptEnd): boolean {
    const { from, to, nextCheckAt, ...set } = trip;
    const moved = tables.moveTrip(tripId, from, to, {
      ...set,
      ...(nextCheckAt !== undefined && { nextCheckAt: nextCheckAt?.getTime() ?? null }),
    });
    if (!booking) return moved;
    if (tables.bookings.has(tripId)) throw new Error('flight_bookings_trip_id_key');
    const { orderId, paymentIntentId, price } = booking;
    if (!orderId || !paymentIntentId) throw new Error('a booking needs an order and a payment');
    tables.bookings.set(tripId, {
      id: tables.newId(),
      status: 'CONFIRMED',
      refundedMinor: 0,
      cancelRequestedAt: null,
      tripId,
      attemptId,
      orderId,
      paymentIntentId,
      price,
      bookedAt: tables.now(),
      ticketNumbers: booking.ticketNumbers,
      itinerary: booking.itinerary,
      nextLookAt: tables.followsOrders ? tables.now() + FIRST_LOOK_MS : null,
      lookedAt: null,
    });
    return moved;
  }

  function notify({ tripId }: Attempt, { notifications, whenTripMoved }: AttemptEnd, moved: boolean): void {
    for (const request of [...notifications, ...((moved && whenTripMoved?.notifications) || [])])
      tables.notify({ ...request, tripId });
    if (moved && whenTripMoved) tables.insertJobs(whenTripMoved.jobs);
  }
}

function asAttempt(tables: Tables, row: AttemptRow): Attempt {
  const { status, searchKey, searchParams, criteria, mandate, ...trip } = tables.trip(row.tripId);
  const payer = { customerId: trip.customerId, paymentMethodId: trip.paymentMethodId };
  return { ...row, trip: { status, searchKey, searchParams, criteria, mandate, payer } };
}
