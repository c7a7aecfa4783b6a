import { owedToCard } from '../../domain/cancellation.ts';
import { moneyText } from '../../domain/money.ts';
import { hasFailed, movesOn, type Refund, shownReason, totalOf } from '../../domain/refund.ts';
import type { SagaEvent } from '../../domain/saga.ts';
import type {
  RefundChange,
  RefundedPayment,
  RefundsWrite,
  StoredRefund,
} from '../../ports/storage/refunds.ts';
import { toOutboxJob } from '../../queues/outbox/jobs.ts';
import { refundAlert, refundMail } from './notifications.ts';

/** Longer than a refund's call can be under way: one that the provider does not show by then was never made. */
const NEVER_MADE_MS = 10 * 60_000;

/** A stored refund with what the provider says of it now. */
interface Matched {
  readonly before: StoredRefund | null;
  readonly now: Refund;
}

/**
 * What the provider's refunds of a payment mean for what we have stored of it. It is asked under the rows' locks, and writes
 * nothing that is known already: reading twice changes nothing.
 * @param seen every refund of the payment at the provider
 */
export function decideRefunds(payment: RefundedPayment, seen: readonly Refund[], now: Date): RefundsWrite {
  const matched = seen.map(
    (refund): Matched => ({ before: storedFor(payment.refunds, refund), now: refund }),
  );
  const shown = new Set(matched.flatMap(({ before }) => before?.id ?? []));
  const neverMade = payment.refunds.filter(
    ({ id, status, providerRefundId, ageMs }) =>
      status === 'requested' && !providerRefundId && ageMs > NEVER_MADE_MS && !shown.has(id),
  );
  const failedNow = matched.filter(({ before, now }) => hasFailed(now) && !(before && hasFailed(before)));
  const { arrivedMinor, aliveMinor } = totalOf(known(payment.refunds, matched));
  const owing = matched.filter(({ before, now }) => hasFailed(now) && !before?.resolved);
  const around = effectsOf(payment, { failedNow, owing, arrivedMinor, aliveMinor }, now);
  return {
    ...around,
    changes: [
      ...matched.flatMap(changeOf),
      ...neverMade.map(
        ({ id }): RefundChange => ({ id, status: 'canceled', failureReason: 'never_made', resolved: true }),
      ),
      ...(isWhole(payment, arrivedMinor) ? unresolved(payment, matched) : []),
    ],
    found: matched.flatMap(({ before, now }) => (before ? [] : [{ ...now, key: unusedKey(payment, now) }])),
    events: [...failedNow.map(failedEvent), ...around.events],
  };
}

/**
 * How each refund stands by all that was ever read of it: this reading may be older than what is stored, because a worker may be
 * stopped between reading and writing.
 */
const known = (stored: readonly StoredRefund[], matched: readonly Matched[]) => [
  ...matched.map(({ before, now }) => (before && !movesOn(before.status, now.status) ? before : now)),
  ...stored.filter((row) => row.providerRefundId && !matched.some(({ before }) => before === row)),
];

/** By its id, or by its key where its id is not known yet; one without a key by its amount: older versions sent none. */
function storedFor(stored: readonly StoredRefund[], { id, key, amount }: Refund): StoredRefund | null {
  const open = stored.filter(({ providerRefundId }) => !providerRefundId);
  return (
    stored.find(({ providerRefundId }) => providerRefundId === id) ??
    (key
      ? open.find((row) => row.key === key)
      : open.find((row) => row.status === 'requested' && row.amount.minor === amount.minor)) ??
    null
  );
}

const unusedKey = ({ refunds }: RefundedPayment, { id, key }: Refund): string =>
  key && !refunds.some((row) => row.key === key) ? key : id;

function changeOf({ before, now }: Matched): RefundChange[] {
  if (!before) return [];
  const { id, providerRefundId } = before;
  const { status, pendingReason, failureReason } = now;
  if (!providerRefundId) return [{ id, providerRefundId: now.id, status, pendingReason, failureReason }];
  return movesOn(before.status, status) ? [{ id, status, pendingReason, failureReason }] : [];
}

/** Whether all that is owed has arrived, so that what failed before needs no person any more. */
const isWhole = ({ attempt, booking, cancellation }: RefundedPayment, arrivedMinor: number): boolean =>
  booking
    ? cancellation?.status === 'DONE' &&
      cancellation.refundMinor !== null &&
      arrivedMinor >= owedToCard(cancellation)
    : arrivedMinor >= attempt.amountMinor;

const unresolved = ({ refunds }: RefundedPayment, matched: readonly Matched[]): RefundChange[] =>
  refunds
    .filter(
      (row) =>
        !row.resolved &&
        (hasFailed(row) || matched.some(({ before, now }) => before === row && hasFailed(now))),
    )
    .map(({ id }) => ({ id, resolved: true }));

const failedEvent = ({ now }: Matched): SagaEvent => ({
  type: 'refund.failed',
  detail: { amount: moneyText(now.amount), status: now.status, reason: shownReason(now) },
});

interface Totals {
  readonly failedNow: readonly Matched[];
  /** What failed, now or before, and was not made good. */
  readonly owing: readonly Matched[];
  readonly arrivedMinor: number;
  readonly aliveMinor: number;
}

type Effects = Pick<RefundsWrite, 'booking' | 'reopensCancellation' | 'events' | 'notifications' | 'jobs'>;

/** What the refunds mean for the booking, its cancellation, the traveller and ops. */
function effectsOf(payment: RefundedPayment, totals: Totals, now: Date): Effects {
  const { booking, cancellation } = payment;
  const alerts = totals.failedNow.map(({ now: refund }) => refundAlert(payment, refund));
  const nothing = { events: [], notifications: alerts, jobs: [] };
  if (!booking || !cancellation) return nothing;
  // The saga decides what comes next; it reads the same refunds.
  if (cancellation.status === 'PENDING')
    return { ...nothing, notifications: [], jobs: totals.failedNow.length ? [cancelJob(payment, now)] : [] };
  // With a person the ticket may still be valid.
  return booking.status === 'CONFIRMED' ? nothing : afterTheEnd(payment, totals, { alerts, now });
}

/** The cancellation was over: the booking says what the bank says, and a refund that failed is taken up again. */
function afterTheEnd(
  payment: RefundedPayment,
  { owing, arrivedMinor, aliveMinor }: Totals,
  { alerts, now }: { alerts: Effects['notifications']; now: Date },
): Effects {
  const { booking, cancellation, refunds } = payment;
  const before = booking?.refundedMinor ?? 0;
  const owed = cancellation ? owedToCard(cancellation) : 0;
  const currency = refunds[0]?.amount.currency ?? '';
  const money = (minor: number) => moneyText({ minor, currency });
  const reopens = cancellation?.status === 'DONE' && owing.length > 0 && aliveMinor < owed;
  const arrived = arrivedMinor > before;
  const words = arrived
    ? `Your bank has confirmed the refund: ${money(arrivedMinor)} goes back to your card.`
    : `Your bank returned our refund: ${money(owed - aliveMinor)} did not reach your card. We are arranging it again and write to you.`;
  const what = arrived
    ? `arrived:${arrivedMinor}`
    : `failed:${owing.map(({ now: refund }) => refund.id).join()}`;
  const news = arrived || arrivedMinor < before || reopens;
  return {
    ...(arrivedMinor !== before && {
      booking: { status: arrivedMinor > 0 ? 'REFUNDED' : 'CANCELLED', refundedMinor: arrivedMinor },
    }),
    ...(reopens && { reopensCancellation: true }),
    jobs: reopens ? [cancelJob(payment, now)] : [],
    events: arrived ? [{ type: 'refund.succeeded', detail: { refunded: money(arrivedMinor) } }] : [],
    notifications: [
      // The saga that takes it up alerts by itself if a person must.
      ...(reopens ? [] : alerts),
      ...(news ? [refundMail(payment, what, words)] : []),
    ],
  };
}

const cancelJob = ({ attempt, booking }: RefundedPayment, now: Date) =>
  toOutboxJob(
    'cancel-booking',
    { bookingId: booking?.id ?? '', nudge: `refund-${now.getTime().toString(36)}` },
    { correlationId: attempt.correlationId },
  );
