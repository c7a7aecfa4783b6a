import { type CaseMoney, type OpenCase, ORDER_CASE_AFTER_MS } from '../../src/domain/case.ts';
import type { Money } from '../../src/domain/money.ts';
import type { CancellationRow, DisputeRow, RefundRow } from './after-ticket-rows.ts';
import { paidElsewhereOf, refundDecisionUnderWay } from './paid-elsewhere.ts';
import type { AttemptRow, Tables } from './tables.ts';

/** As src/db/cases.ts reads them. */
export function openCases(tables: Tables): OpenCase[] {
  const attempts = [...tables.attempts.values()].filter((row) => isWaiting(tables, row));
  const cancellations = [...tables.cancellations.values()].filter(({ status }) => status === 'NEEDS_HUMAN');
  const orphans = [...tables.orphans].filter(
    ([id, { action, outcome }]) => action === 'human' && outcome === null && !isOfAttempt(tables, id),
  );
  const cases = [
    ...attempts.map((row) => ofAttempt(tables, row)),
    ...cancellations.map((row) => ofCancellation(tables, row)),
    ...orphans.map(([id, { kind, attemptId }]) => ofOrphan(tables, id, kind, attemptId)),
    ...[...tables.refunds.values()]
      .filter((row) => isFailedRefund(tables, row))
      .map((row) => ofRefund(tables, row)),
    ...[...tables.disputes.values()]
      .filter((row) => isUnanswered(tables, row))
      .map((row) => ofDispute(tables, row)),
  ];
  const left = ({ deadline }: OpenCase) => deadline?.getTime() ?? Number.POSITIVE_INFINITY;
  return cases.sort((a, b) =>
    left(a) === left(b) ? a.since.getTime() - b.since.getTime() : left(a) - left(b),
  );
}

const isOfAttempt = ({ attempts }: Tables, id: string): boolean =>
  [...attempts.values()].some(({ order, status }) => order?.orderId === id && status !== 'FAILED');

function ofAttempt(tables: Tables, row: AttemptRow): OpenCase {
  const [order, held, captured] = (['order', 'authorize', 'capture'] as const).map((step) =>
    tables.step(row.id, step),
  );
  const looking = row.status === 'PENDING';
  const minor = row.offer?.price.minor ?? null;
  const isCaptured = captured?.outcome === 'captured';
  return {
    ...common(tables, 'attempt', row.id, looking ? 'looking-up' : `e${row.epoch}`),
    code: looking ? 'order_unknown' : (row.errorCode ?? 'unknown'),
    step: row.step,
    since: new Date(looking ? (order?.intendedAt ?? 0) : row.updatedAt),
    deadline: row.captureBefore,
    tripId: row.tripId,
    userId: row.userId,
    attemptId: row.id,
    correlationId: row.correlationId,
    order: row.order && { orderId: row.order.orderId, reference: row.order.bookingReference },
    orderOutcome: order?.outcome,
    offerId: row.offer?.offerId ?? null,
    paymentIntentId: row.paymentIntentId,
    cancelledByTraveller: row.compensation?.to === 'cancelled',
    money: {
      currency: row.offer?.price.currency ?? null,
      reservedMinor: held?.outcome === 'held' && !isCaptured ? minor : held || row.paymentIntentId ? null : 0,
      capturedMinor: isCaptured ? (row.order?.total.minor ?? minor) : captured?.outcome === null ? null : 0,
      refundedMinor: refundedOf(tables, row.id),
      stakeMinor: minor,
      owedMinor: null,
      paidElsewhereMinor: 0,
    },
  };
}

function ofCancellation(tables: Tables, row: CancellationRow): OpenCase {
  const { minor, currency } = row.paid;
  const asked = tables.step(row.attemptId, 'cancel_booking')?.outcome;
  return {
    ...common(tables, 'cancellation', row.id, `e${row.epoch}`),
    underWay: refundDecisionUnderWay(tables, row.attemptId),
    code: 'unknown',
    step: row.step,
    since: new Date(row.updatedAt),
    deadline: null,
    tripId: row.tripId,
    userId: row.userId,
    attemptId: row.attemptId,
    correlationId: row.correlationId,
    order: { orderId: row.orderId, reference: '' },
    orderOutcome: 'created',
    cancelRequested: row.step === 'verify_order' || asked === 'confirmed' || asked === 'unknown',
    offerId: null,
    paymentIntentId: row.paymentIntentId,
    cancelledByTraveller: false,
    money: {
      currency,
      reservedMinor: 0,
      capturedMinor: minor,
      refundedMinor: refundedOf(tables, row.attemptId),
      stakeMinor: minor,
      owedMinor: null,
      paidElsewhereMinor: paidElsewhereOf(tables, row.attemptId),
    },
  };
}

function ofOrphan(tables: Tables, id: string, kind: string, attemptId: string | null): OpenCase {
  const attempt = attemptId ? tables.attempts.get(attemptId) : undefined;
  return {
    ...common(tables, 'orphan', id, 'found'),
    code: `orphan_${kind}`,
    step: kind,
    since: new Date(tables.now()),
    deadline: null,
    tripId: attempt?.tripId ?? null,
    userId: attempt?.userId ?? null,
    attemptId: attempt?.id ?? null,
    correlationId: attempt?.correlationId ?? null,
    order: kind === 'order' ? { orderId: id, reference: null } : null,
    orderOutcome: null,
    offerId: null,
    paymentIntentId: kind === 'hold' ? id : null,
    cancelledByTraveller: false,
    money: {
      currency: null,
      reservedMinor: null,
      capturedMinor: null,
      refundedMinor: null,
      stakeMinor: null,
      owedMinor: null,
      paidElsewhereMinor: 0,
    },
  };
}

function ofRefund(tables: Tables, row: RefundRow): OpenCase {
  const { id, attemptId, amount, status, requestedAt, settledAt, paymentIntentId, providerRefundId } = row;
  const owed = row.bookingId
    ? [...tables.cancellations.values()].findLast(({ bookingId }) => bookingId === row.bookingId)?.refundMinor
    : tables.attempts.get(attemptId)?.offer?.price.minor;
  return {
    ...common(tables, 'refund', id, status),
    ...ofPayment(tables, attemptId),
    code: `refund_${status}`,
    step: status,
    since: new Date(settledAt ?? requestedAt),
    deadline: null,
    paymentIntentId,
    providerId: providerRefundId,
    money: {
      ...paymentMoney(tables, attemptId, amount),
      capturedMinor: null,
      owedMinor: owed ?? null,
      paidElsewhereMinor: paidElsewhereOf(tables, attemptId),
    },
  };
}

function ofDispute(tables: Tables, row: DisputeRow): OpenCase {
  const { id, attemptId, amount, status, openedAt, evidenceDueBy, paymentIntentId, providerId } = row;
  return {
    ...common(tables, 'dispute', id, status),
    ...ofPayment(tables, attemptId),
    code: `dispute_${status}`,
    step: status,
    since: openedAt,
    deadline: evidenceDueBy,
    correlationId: null,
    paymentIntentId,
    providerId,
    money: { ...paymentMoney(tables, attemptId, amount), capturedMinor: amount.minor },
  };
}

/** What cases of a payment that was captured say of its attempt. */
function ofPayment({ attempts }: Tables, id: string) {
  const { tripId, userId, correlationId, order } = attempts.get(id) as AttemptRow;
  return {
    tripId,
    userId,
    attemptId: id,
    correlationId,
    order: order && { orderId: order.orderId, reference: order.bookingReference },
    orderOutcome: 'created',
    offerId: null,
    cancelledByTraveller: false,
  };
}

const paymentMoney = (tables: Tables, attemptId: string, { minor, currency }: Money): CaseMoney => ({
  currency,
  reservedMinor: 0,
  capturedMinor: minor,
  refundedMinor: refundedOf(tables, attemptId),
  stakeMinor: minor,
  owedMinor: null,
  paidElsewhereMinor: 0,
});

const refundedOf = ({ refunds }: Tables, attemptId: string): number =>
  [...refunds.values()].reduce(
    (sum, row) => sum + (row.attemptId === attemptId && row.status === 'succeeded' ? row.amount.minor : 0),
    0,
  );

/** While a cancellation is under way, its saga sees to what failed. */
const isFailedRefund = ({ cancellations }: Tables, { status, resolvedAt, bookingId }: RefundRow): boolean =>
  (status === 'failed' || status === 'canceled') &&
  resolvedAt === null &&
  ![...cancellations.values()].some((row) => row.bookingId === bookingId && row.status === 'PENDING');

/** A person decides once at each status. */
const isUnanswered = ({ caseActions }: Tables, { id, status, closed }: DisputeRow): boolean =>
  !closed &&
  (status === 'needs_response' || status === 'warning_needs_response') &&
  ![...caseActions.values()].some(({ caseId, version }) => caseId === id && version.startsWith(`${status}-`));

function common(tables: Tables, kind: OpenCase['kind'], id: string, state: string) {
  const actions = [...tables.caseActions.values()].filter(({ caseId }) => caseId === id);
  const version = `${state}-${actions.length}`;
  const row = tables.cases.get(id);
  const taken = row?.takenVersion === version ? row : undefined;
  return {
    id,
    kind,
    version,
    cancelRequested: false,
    message: '',
    providerId: null,
    takenBy: taken?.takenBy ?? null,
    takenAt: taken?.takenAt == null ? null : new Date(taken.takenAt),
    proposal: row?.proposal ?? null,
    underWay: actions.find(({ state: at }) => at === 'ACCEPTED')?.action ?? null,
  };
}

/** Whether an attempt is a case: it stopped for a person, or its order was not found for too long. */
export function isWaiting(tables: Tables, { id, status, step }: AttemptRow): boolean {
  const order = tables.step(id, 'order');
  const longAgo = order && order.intendedAt < tables.now() - ORDER_CASE_AFTER_MS;
  return status === 'NEEDS_HUMAN' || (status === 'PENDING' && step === 'settle' && longAgo === true);
}
