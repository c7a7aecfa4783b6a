import { CLAIM_MS } from '../../src/domain/attempt.ts';
import type { Cancellation, CancellationAsker, CancellationPatch } from '../../src/domain/cancellation.ts';
import type { IntentStep, PastIntent } from '../../src/domain/saga.ts';
import { Fenced } from '../../src/errors.ts';
import type { CancellationEnd, CancellationStore } from '../../src/ports/storage/cancellations.ts';
import type { CancellationRow } from './after-ticket-rows.ts';
import { paidElsewhereOf } from './paid-elsewhere.ts';
import {
  followRefundIntent,
  followRefundOutcome,
  resolvedRefundsOf,
  resolveFailedRefunds,
} from './refunds.ts';
import type { BookingRow, Tables } from './tables.ts';

const STEPS: readonly IntentStep[] = ['cancel_booking', 'refund'];

/** Cancellations in memory; one contract suite holds them and those in Postgres to the same behaviour. */
export function createMemoryCancellations(tables: Tables): CancellationStore {
  /** The row, if the caller's epoch is still the newest. @throws Fenced */
  function fenced({ id, epoch }: Cancellation): CancellationRow {
    const row = tables.cancellations.get(id);
    if (!row || row.epoch !== epoch || row.status !== 'PENDING')
      throw new Fenced(`cancellation ${id} is past epoch ${epoch}`);
    row.updatedAt = tables.now();
    return row;
  }

  return {
    async claim(bookingId) {
      insertCancellation(tables, bookingId, null);
      const row = liveCancellation(tables, bookingId);
      const now = tables.now();
      const booking = bookingOf(tables, bookingId);
      if (!booking || booking.cancelRequestedAt === null) return null;
      if (booking.status !== 'CONFIRMED' && !isPastTicket(row)) return null;
      if (row?.status !== 'PENDING' || (row.leaseUntil !== null && row.leaseUntil >= now)) return null;
      Object.assign(row, { epoch: row.epoch + 1, leaseUntil: now + CLAIM_MS, updatedAt: now });
      const intents = STEPS.flatMap((step): PastIntent[] => {
        const intent = tables.step(row.attemptId, step);
        if (!intent) return [];
        const { key, tries, outcome, intendedAt } = intent;
        return [{ step, key, tries, outcome, ageMs: now - intendedAt }];
      });
      return {
        subject: {
          ...row,
          reopened: booking.status !== 'CONFIRMED',
          resolvedRefunds: resolvedRefundsOf(tables, row.attemptId),
          paidElsewhereMinor: paidElsewhereOf(tables, row.attemptId),
        },
        intents,
      };
    },
    async renew(cancellation) {
      fenced(cancellation).leaseUntil = tables.now() + CLAIM_MS;
    },
    async release(cancellation) {
      fenced(cancellation).leaseUntil = null;
    },
    async commit(cancellation, { patch, outcomes, events, intent, end, trip, notifications = [] }) {
      const row = fenced(cancellation);
      const { attemptId, tripId, bookingId } = cancellation;
      Object.assign(row, stored(patch), { leaseUntil: end ? null : tables.now() + CLAIM_MS });
      for (const one of outcomes) {
        const recorded = tables.step(attemptId, one.step);
        if (recorded) recorded.outcome = one.outcome;
        followRefundOutcome(tables, recorded?.key, one);
      }
      if (trip) tables.moveTrip(tripId, trip.from, trip.to, { outcome: trip.outcome });
      if (end?.resolvesRefunds) resolveFailedRefunds(tables, attemptId, end.resolvesRefunds);
      if (end) writeEnd(tables, bookingOf(tables, bookingId) as BookingRow, end);
      for (const { type, detail } of events)
        tables.audit({ tripId, attemptId: null, type, detail, actor: 'worker' });
      for (const request of [...notifications, ...(end?.notifications ?? [])])
        tables.notify({ ...request, tripId });
      if (intent) {
        tables.steps.set(`${attemptId}:${intent.step}`, {
          key: intent.key,
          tries: intent.tries,
          epoch: cancellation.epoch,
          intendedAt: tables.now(),
          outcome: null,
        });
        followRefundIntent(tables, attemptId, intent);
      }
      tables.afterCommit();
      return { stop: null, blown: false };
    },
    abandoned: async (idleMs, limit) =>
      requested(tables)
        .filter((booking) => isAbandonedCancellation(tables, booking, idleMs))
        .slice(0, limit)
        .map(({ id }) => {
          const row = liveCancellation(tables, id);
          return { bookingId: id, epoch: row?.epoch ?? 0, correlationId: row?.correlationId ?? null };
        }),
    overdue: async (ms, limit) =>
      [...tables.cancellations.values()]
        .filter(({ status, requestedAt }) => status === 'PENDING' && requestedAt < tables.now() - ms)
        .sort((a, b) => a.requestedAt - b.requestedAt)
        .slice(0, limit)
        .map(({ id, tripId, userId, attemptId, step, correlationId }) => ({
          id,
          tripId,
          userId,
          attemptId,
          step,
          correlationId,
        })),
  };
}

/** Whether there may be no ticket any more, as src/db/cancellations.ts has it. */
const isPastTicket = (row: CancellationRow | undefined): boolean =>
  ['verify_order', 'refund', 'verify_refund'].includes(row?.step ?? '');

/** Columns of the error are write-only. */
const stored = ({ errorCode: _code, errorMessage: _message, ...patch }: CancellationPatch) => patch;

/** What the end of a cancellation changes around it. */
export function writeEnd(
  tables: Tables,
  row: BookingRow,
  { trip, booking, clearsRequest }: CancellationEnd,
): void {
  if (trip) tables.moveTrip(row.tripId, trip.from, trip.to, { outcome: trip.outcome });
  Object.assign(row, booking);
  if (clearsRequest) row.cancelRequestedAt = null;
}

const bookingOf = (tables: Tables, id: string): BookingRow | undefined =>
  [...tables.bookings.values()].find((booking) => booking.id === id);

/** The one that is not over; never more than one, as the partial unique index has it. */
export const liveCancellation = (tables: Tables, bookingId: string): CancellationRow | undefined =>
  [...tables.cancellations.values()].find(
    (row) => row.bookingId === bookingId && (row.status === 'PENDING' || row.status === 'NEEDS_HUMAN'),
  );

const requested = (tables: Tables): BookingRow[] =>
  [...tables.bookings.values()]
    .filter(
      ({ id, cancelRequestedAt, status }) =>
        cancelRequestedAt !== null && (status === 'CONFIRMED' || isPastTicket(liveCancellation(tables, id))),
    )
    .sort((a, b) => (a.cancelRequestedAt as number) - (b.cancelRequestedAt as number));

function isAbandonedCancellation(tables: Tables, booking: BookingRow, idleMs: number): boolean {
  const row = liveCancellation(tables, booking.id);
  const now = tables.now();
  if (!row) return (booking.cancelRequestedAt as number) < now - idleMs;
  if (row.status !== 'PENDING') return false;
  return row.leaseUntil === null ? row.updatedAt < now - idleMs : row.leaseUntil < now;
}

/** Whether a sweep would find a cancellation that no worker runs. */
export const hasAbandonedCancellation = (tables: Tables, idleMs: number): boolean =>
  requested(tables).some((booking) => isAbandonedCancellation(tables, booking, idleMs));

/** As `insertCancellation` in src/db/cancellations.ts. @returns its number; undefined when a live one exists */
export function insertCancellation(
  tables: Tables,
  bookingId: string,
  correlationId: string | null,
  acceptedMinor: number | null = null,
  requestedBy: CancellationAsker = 'traveller',
): number | undefined {
  const booking = bookingOf(tables, bookingId);
  if (booking?.status !== 'CONFIRMED' || booking.cancelRequestedAt === null) return undefined;
  if (liveCancellation(tables, bookingId)) return undefined;
  const { tripId, attemptId, orderId, paymentIntentId, price } = booking;
  const trip = tables.trip(tripId);
  const earlier = [...tables.cancellations.values()].filter((row) => row.bookingId === bookingId);
  const id = tables.newId();
  const now = tables.now();
  tables.cancellations.set(id, {
    id,
    bookingId,
    attemptId,
    tripId,
    userId: trip.userId,
    requestedBy,
    number: earlier.length + 1,
    status: 'PENDING',
    step: 'quote',
    epoch: 0,
    correlationId: correlationId ?? trip.correlationId,
    orderId,
    paymentIntentId,
    paid: price,
    quote: null,
    airlineRefund: null,
    refundMinor: null,
    reopened: false,
    resolvedRefunds: [],
    paidElsewhereMinor: 0,
    acceptedMinor,
    leaseUntil: null,
    requestedAt: booking.cancelRequestedAt,
    updatedAt: now,
  });
  return earlier.length + 1;
}
