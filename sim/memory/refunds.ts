import type { RefundStatus } from '../../src/domain/refund.ts';
import type { IntentOutcome } from '../../src/domain/saga.ts';
import type {
  RefundedPayment,
  RefundStore,
  RefundsWrite,
  StoredRefund,
} from '../../src/ports/storage/refunds.ts';
import type { NewIntent } from '../../src/ports/storage/saga.ts';
import type { CancellationRow, RefundRow } from './after-ticket-rows.ts';
import { summaryOf } from './attempt-directory.ts';
import { hasDecisionUnderWay, paidElsewhereOf } from './paid-elsewhere.ts';
import type { Tables } from './tables.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** As in src/db/refunds.ts. */
const MAY_FAIL_FOR = 35 * DAY;

/** The row of a refund begins with its intent, as the trigger of migrations/0006 has it. */
export function followRefundIntent(
  tables: Tables,
  attemptId: string,
  { step, key, request }: NewIntent,
): void {
  if (step !== 'refund' && !(step === 'void' && request.found === 'captured')) return;
  const attempt = tables.attempts.get(attemptId);
  const booking = [...tables.bookings.values()].find((one) => one.attemptId === attemptId);
  const amount = attempt?.offer?.price ?? booking?.price;
  if (refundOf(tables, key) || !amount) return;
  insert(tables, {
    attemptId,
    bookingId: booking?.id ?? null,
    tripId: attempt?.tripId ?? booking?.tripId ?? '',
    paymentIntentId: String(request.paymentIntentId),
    key,
    amount: { ...amount, minor: Number(request.minor) },
    status: 'requested',
    requestedAt: tables.now(),
  });
}

/** What the provider answered goes to the refund's row, as the trigger of migrations/0006 has it. */
export function followRefundOutcome(
  tables: Tables,
  key: string | undefined,
  { outcome, result }: IntentOutcome,
): void {
  const row = refundOf(tables, key);
  if (!row || row.providerRefundId) return;
  const seen = result?.refund as
    | { id: string; status: RefundStatus; failureReason: string | null }
    | undefined;
  const now = tables.now();
  if (seen)
    Object.assign(row, {
      providerRefundId: seen.id,
      ...seen,
      id: row.id,
      lookedAt: now,
      ...finalAt(seen.status, now),
    });
  else if (outcome === 'refused' || outcome === 'already_refunded')
    Object.assign(row, {
      status: 'failed',
      failureReason: outcome,
      lookedAt: now,
      settledAt: now,
      resolvedAt: now,
    });
}

/** Failed refunds of an attempt, by the provider's ids, that others have made good. */
export function resolveFailedRefunds(tables: Tables, attemptId: string, ids: readonly string[]): void {
  for (const row of tables.refunds.values())
    if (
      row.attemptId === attemptId &&
      ids.includes(row.providerRefundId ?? '') &&
      hasFailed(row) &&
      row.resolvedAt === null
    )
      row.resolvedAt = tables.now();
}

export const resolvedRefundsOf = (tables: Tables, attemptId: string): string[] =>
  [...tables.refunds.values()].flatMap((row) =>
    row.attemptId === attemptId && row.resolvedAt !== null && row.providerRefundId
      ? [row.providerRefundId]
      : [],
  );

/** Refunds in memory; one contract suite holds them and those in Postgres to the same behaviour. */
export function createMemoryRefunds(tables: Tables): RefundStore {
  return {
    async follow(paymentIntentId, decide) {
      const attempt = [...tables.attempts.values()].find((one) => one.paymentIntentId === paymentIntentId);
      if (!attempt) return undefined;
      const booking = [...tables.bookings.values()].find((one) => one.attemptId === attempt.id);
      const cancellation = [...tables.cancellations.values()].findLast(
        (one) => one.bookingId === booking?.id,
      );
      const own = [...tables.refunds.values()].filter((one) => one.paymentIntentId === paymentIntentId);
      const payment: RefundedPayment = {
        attempt: {
          ...summaryOf(attempt),
          userId: attempt.userId,
          amountMinor: attempt.offer?.price.minor ?? 0,
        },
        booking: booking ? { ...booking } : null,
        cancellation: cancellation
          ? { ...cancellation, paidElsewhereMinor: paidElsewhereOf(tables, attempt.id) }
          : null,
        refunds: own.map((row) => asStored(row, tables.now())),
      };
      const write = decide(payment);
      writeRefunds(tables, paymentIntentId, payment, write);
      if (write.booking && booking)
        Object.assign(booking, write.booking, {
          cancelRequestedAt: booking.cancelRequestedAt ?? tables.now(),
        });
      if (
        write.reopensCancellation &&
        cancellation?.status === 'DONE' &&
        !hasDecisionUnderWay(tables, attempt.id)
      )
        reopen(tables, cancellation);
      const { tripId } = attempt;
      for (const { type, detail } of write.events)
        tables.audit({ tripId, attemptId: null, type, detail, actor: 'worker' });
      for (const request of write.notifications) tables.notify({ ...request, tripId });
      tables.insertJobs(write.jobs);
      tables.afterCommit();
      return payment;
    },
    due: async (limit) => dueRefunds(tables).slice(0, limit),
  };
}

/** Payments with a refund that is due for another look, longest waiting first. */
export function dueRefunds(tables: Tables): string[] {
  const now = tables.now();
  const due = [...tables.refunds.values()]
    .filter((row) => isDue(tables, row, now))
    .sort((a, b) => seenAt(a) - seenAt(b));
  return [...new Set(due.map(({ paymentIntentId }) => paymentIntentId))];
}

function isDue(tables: Tables, row: RefundRow, now: number): boolean {
  const waited = now - seenAt(row);
  if (row.status === 'succeeded') return waited > DAY && now - (row.settledAt as number) < MAY_FAIL_FOR;
  if (hasFailed(row)) {
    const ended = [...tables.cancellations.values()].some(
      ({ bookingId, status }) => bookingId === row.bookingId && status === 'DONE',
    );
    return row.resolvedAt === null && waited > (ended ? MINUTE : DAY);
  }
  return waited > (now - row.requestedAt < HOUR ? MINUTE : HOUR);
}

const seenAt = ({ lookedAt, requestedAt }: RefundRow): number => lookedAt ?? requestedAt;
const hasFailed = ({ status }: RefundRow): boolean => status === 'failed' || status === 'canceled';
const isFinal = (status: RefundStatus): boolean => ['succeeded', 'failed', 'canceled'].includes(status);
const finalAt = (status: RefundStatus | undefined, now: number) =>
  status && isFinal(status) ? { settledAt: now } : {};
const refundOf = (tables: Tables, key: string | undefined): RefundRow | undefined =>
  [...tables.refunds.values()].find((row) => row.key === key);

function insert(
  tables: Tables,
  row: Omit<
    RefundRow,
    'id' | 'providerRefundId' | 'failureReason' | 'resolvedAt' | 'lookedAt' | 'settledAt'
  > &
    Partial<RefundRow>,
): void {
  const id = tables.newId();
  const empty = {
    providerRefundId: null,
    failureReason: null,
    resolvedAt: null,
    lookedAt: null,
    settledAt: null,
  };
  tables.refunds.set(id, { ...empty, ...row, id });
}

function writeRefunds(
  tables: Tables,
  paymentIntentId: string,
  { attempt, booking }: RefundedPayment,
  { changes, found }: RefundsWrite,
): void {
  const now = tables.now();
  for (const { id, resolved, pendingReason: _, ...change } of changes) {
    const row = tables.refunds.get(id) as RefundRow;
    const since = row.settledAt;
    Object.assign(row, change, finalAt(change.status, now), resolved && { resolvedAt: now });
    if (since !== null) row.settledAt = since;
  }
  for (const { id, key, amount, status, failureReason, createdAt } of found)
    insert(tables, {
      attemptId: attempt.id,
      bookingId: booking?.id ?? null,
      tripId: attempt.tripId,
      paymentIntentId,
      providerRefundId: id,
      key,
      amount,
      status,
      failureReason,
      requestedAt: createdAt.getTime(),
      ...finalAt(status, now),
    });
  for (const row of tables.refunds.values()) if (row.paymentIntentId === paymentIntentId) row.lookedAt = now;
}

const asStored = (
  { id, providerRefundId, key, amount, status, failureReason, resolvedAt, requestedAt }: RefundRow,
  now: number,
): StoredRefund => ({
  id,
  providerRefundId,
  key,
  amount,
  status,
  pendingReason: null,
  failureReason,
  resolved: resolvedAt !== null,
  ageMs: now - requestedAt,
});

function reopen(tables: Tables, row: CancellationRow): void {
  Object.assign(row, {
    status: 'PENDING',
    step: 'refund',
    epoch: row.epoch + 1,
    leaseUntil: null,
    updatedAt: tables.now(),
  });
}
