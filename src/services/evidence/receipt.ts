import { formatMoney } from '../../domain/money.ts';
import { Refused } from '../../errors.ts';
import type { FlightProvider } from '../../ports/flights.ts';
import type { Authorization, PaymentProvider } from '../../ports/payments.ts';
import type { MoneyEvent, ReceiptRecords, ReceiptStore } from '../../ports/storage/receipts.ts';
import { viewCancellation, viewRefund } from '../bookings/cancellation-view.ts';
import { type KeptViewDeps, keptView } from './kept-view.ts';
import { MONEY_TYPES, moneyTimeline } from './money-timeline.ts';

export interface ReceiptDeps extends KeptViewDeps {
  readonly receipts: ReceiptStore;
  readonly flights: Pick<FlightProvider, 'order'>;
  readonly payments: Pick<PaymentProvider, 'authorization'>;
}

/** More entries than any trip has; a bound all the same. */
const MAX_ENTRIES = 1_000;

/** What of a trip's receipt is on record here. */
export type RecordedReceipt = Awaited<ReturnType<typeof readRecordedReceipt>>['receipt'];

/**
 * The receipt without the providers' view of now: what only grows, so that it may be sent.
 * @throws Refused `missing` when the user has no such trip
 */
export async function readRecordedReceipt(receipts: ReceiptStore, userId: string, id: string) {
  const records = await receipts.read(userId, id, { moneyTypes: MONEY_TYPES, limit: MAX_ENTRIES });
  if (!records) throw new Refused('missing', 'There is no such trip.');
  const { money } = records;
  return { receipt: receiptOf(id, records), attempt: money.at(-1) };
}

/**
 * The decision receipt and the money timeline of a trip: every offer considered, its score and its objections, the
 * flags of that moment; what was authorized, ticketed, charged, voided or refunded, and when; the cancellation of its booking;
 * how both providers saw it a minute ago at the most, or when they were asked last; and the chained entries behind it, so that it can be checked offline with `npx parker verify <file>`.
 * @throws Refused `missing` when the user has no such trip
 */
export async function readReceipt(ports: ReceiptDeps, userId: string, id: string) {
  const { receipt, attempt } = await readRecordedReceipt(ports.receipts, userId, id);
  // What is recorded since makes another key, so that the providers' view is never older than our own.
  const key = `receipt:${id}:${receipt.money.events.length}`;
  const providers = attempt
    ? await keptView(ports, { key, userId }, () => askProviders(ports, attempt))
    : null;
  return { ...receipt, money: { ...receipt.money, providers } };
}

function receiptOf(id: string, { trip, booking, decisions, money, entries }: ReceiptRecords) {
  const refunds = booking?.refunds ?? [];
  const latest = decisions.at(-1)?.evidence;
  return {
    tripId: id,
    outcome: trip.outcome,
    criteria: trip.criteria,
    maxPrice: formatMoney({ minor: trip.maxPriceMinor, currency: trip.currency }),
    rules: latest?.rules ?? null,
    selectedOfferId: trip.selectedOfferId,
    bestOfferId: latest?.chosen ?? null,
    offers: latest?.offers ?? [],
    decisions: decisions.map(({ at, type, attemptId, flags, evidence, seq, hash }) => ({
      at: at.toISOString(),
      type,
      attemptId,
      flags,
      seq,
      hash,
      ...evidence,
    })),
    cancellation: booking ? viewCancellation(booking) : null,
    refunds: refunds.map(viewRefund),
    money: {
      events: moneyTimeline(money, refunds),
      providers: null,
    },
    evidence: {
      algorithm: 'sha256' as const,
      entries: entries.map(({ chain, seq, canonical, prevHash, hash }) => ({
        chain,
        seq,
        canonical,
        prevHash,
        hash,
      })),
    },
  };
}

/** The API's names of an authorization's statuses; receipts keep their first names. */
const PAYMENT_STATUS = {
  authorized: 'held',
  captured: 'captured',
  voided: 'released',
  pending: 'pending',
} as const satisfies Record<Authorization['status'], string>;

/** The providers' current state; null for what could not be read. */
async function askProviders(
  { flights, payments, clock }: ReceiptDeps,
  { paymentIntentId, orderId }: Pick<MoneyEvent, 'paymentIntentId' | 'orderId'>,
) {
  const [authorization, order] = await Promise.all([
    paymentIntentId ? payments.authorization(paymentIntentId).catch(() => null) : null,
    orderId ? flights.order(orderId).catch(() => null) : null,
  ]);
  const whole =
    (authorization !== null) === (paymentIntentId !== null) && (order !== null) === (orderId !== null);
  const view = {
    checkedAt: clock.now().toISOString(),
    payment: authorization && {
      status: PAYMENT_STATUS[authorization.status],
      amount: formatMoney(authorization.amount),
      captureBefore: authorization.captureBefore?.toISOString() ?? null,
      refunded: formatMoney({ ...authorization.amount, minor: authorization.refundedMinor }),
    },
    order: order && {
      status: order.cancelled ? ('cancelled' as const) : ('confirmed' as const),
      bookingReference: order.facts.bookingReference,
      total: formatMoney(order.facts.total),
    },
  };
  return { view, whole };
}
