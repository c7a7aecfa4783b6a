import { type DecimalMoney, formatMoney, type Money } from '../../domain/money.ts';
import { storedMoney } from '../../domain/stored-money.ts';
import { codeOf, Permanent } from '../../errors.ts';
import type { FlightProvider, FoundOrder } from '../../ports/flights.ts';
import type { Authorization, PaymentProvider } from '../../ports/payments.ts';
import type { OpsAttempt, OpsRefund } from '../../ports/storage/ops-trips.ts';
import type { KnownMoney } from '../cases/view.ts';

/** The vendors, as far as operators ask them. */
export interface TripVendors {
  readonly flights: Pick<FlightProvider, 'order' | 'ordersOf'>;
  readonly payments: Pick<PaymentProvider, 'authorization'>;
}

/** Where an answer is from: `vendor` was asked now, `stored` is what our tables knew at `asOf`. */
interface Source {
  readonly source: 'vendor' | 'stored';
  readonly asOf: string;
  /** Why the vendor's answer is missing; null when it is there. */
  readonly trouble: string | null;
}

/** The money of one attempt. */
export interface MoneyTruth extends Source {
  readonly attemptId: string;
  readonly paymentIntentId: string | null;
  readonly status: Authorization['status'] | 'unknown';
  readonly reserved: KnownMoney;
  readonly captured: KnownMoney;
  readonly refunded: KnownMoney;
  /** When the authorization lapses; null when it has no money reserved, or that is unknown. */
  readonly captureBefore: string | null;
}

/** One order, or one that may exist. */
export interface OrderTruth extends Source {
  readonly attemptId: string;
  /** Null while it is unknown whether there is one. */
  readonly orderId: string | null;
  readonly status: 'live' | 'cancelled' | 'unknown';
  readonly bookingReference: string | null;
  readonly total: DecimalMoney | null;
}

/** @param vendors or why they are not asked */
type Asking = { readonly vendors: TripVendors | string; readonly now: Date };

const NOT_NAMED = 'no payment of it is known by id';

/** The money of an attempt by the payment provider, else as stored. Null when none was ever asked for. */
export async function moneyOf(
  { vendors, now }: Asking,
  attempt: OpsAttempt,
  refunds: readonly OpsRefund[],
): Promise<MoneyTruth | null> {
  const { id: attemptId, paymentIntentId } = attempt;
  if (!paymentIntentId && !attempt.steps.some(({ step }) => step === 'authorize')) return null;
  if (!paymentIntentId) return storedMoneyOf(attempt, refunds, NOT_NAMED);
  if (typeof vendors === 'string') return storedMoneyOf(attempt, refunds, vendors);
  try {
    const found = await vendors.payments.authorization(paymentIntentId);
    const { amount, status, captureBefore } = found;
    const money = (minor: number) => formatMoney({ ...amount, minor });
    return {
      attemptId,
      paymentIntentId,
      source: 'vendor',
      asOf: now.toISOString(),
      trouble: null,
      status,
      reserved: status === 'pending' ? 'unknown' : money(status === 'authorized' ? amount.minor : 0),
      captured: money(found.capturedMinor),
      refunded: money(found.refundedMinor),
      captureBefore: status === 'authorized' ? (captureBefore?.toISOString() ?? null) : null,
    };
  } catch (error) {
    return storedMoneyOf(attempt, refunds, troubleOf(error));
  }
}

function storedMoneyOf(attempt: OpsAttempt, refunds: readonly OpsRefund[], trouble: string): MoneyTruth {
  const { id: attemptId, paymentIntentId, currency, captureBefore, steps, amountMinor, orderFacts } = attempt;
  const calls = Object.fromEntries(steps.map(({ step, outcome }) => [step, outcome]));
  const { reservedMinor, capturedMinor } = storedMoney(calls, {
    hasPayment: paymentIntentId !== null,
    amountMinor,
    totalMinor: orderFacts?.total.minor ?? null,
  });
  const money = (minor: number | null): KnownMoney =>
    minor === null || currency === null ? 'unknown' : formatMoney({ minor, currency });
  const own = refunds.filter((refund) => refund.attemptId === attemptId);
  const arrived = own.filter(({ status }) => status === 'succeeded');
  const looked = [attempt.updatedAt, ...own.map(({ lookedAt, requestedAt }) => lookedAt ?? requestedAt)];
  return {
    attemptId,
    paymentIntentId,
    source: 'stored',
    asOf: new Date(Math.max(...looked.map((at) => at.getTime()))).toISOString(),
    trouble,
    status: statusOf(reservedMinor, capturedMinor),
    reserved: money(reservedMinor),
    captured: money(capturedMinor),
    refunded: money(arrived.reduce((sum, { amountMinor: minor }) => sum + minor, 0)),
    captureBefore: reservedMinor === 0 ? null : (captureBefore?.toISOString() ?? null),
  };
}

function statusOf(reserved: number | null, captured: number | null): MoneyTruth['status'] {
  if (captured === null || (captured === 0 && reserved === null)) return 'unknown';
  if (captured > 0) return 'captured';
  return reserved ? 'authorized' : 'voided';
}

/** The orders of an attempt by the seller, else as stored. Empty when none was ever asked for. */
export async function ordersOf({ vendors, now }: Asking, attempt: OpsAttempt): Promise<OrderTruth[]> {
  const call = attempt.steps.find(({ step }) => step === 'order');
  const { orderId, offerId } = attempt;
  const unknown = call && (call.outcome === null || call.outcome === 'unknown');
  if (!orderId && !unknown) return [];
  if (typeof vendors === 'string') return [storedOrder(attempt, vendors)];
  try {
    if (orderId) return [truthOf(await vendors.flights.order(orderId), attempt, now)];
    const { rows } = offerId ? await vendors.flights.ordersOf(offerId) : { rows: [] };
    const ours = rows.filter(
      ({ attemptId, madeBy }) => attemptId === attempt.id && madeBy !== 'another_deployment',
    );
    if (ours.length) return ours.map((order) => truthOf(order, attempt, now));
    return [storedOrder(attempt, 'the seller lists none of its offer, which proves nothing yet')];
  } catch (error) {
    return [storedOrder(attempt, troubleOf(error))];
  }
}

const truthOf = ({ facts, cancelled }: FoundOrder, { id }: OpsAttempt, now: Date): OrderTruth => ({
  attemptId: id,
  orderId: facts.orderId,
  source: 'vendor',
  asOf: now.toISOString(),
  trouble: null,
  status: cancelled ? 'cancelled' : 'live',
  bookingReference: facts.bookingReference,
  total: formatMoney(facts.total),
});

function storedOrder(attempt: OpsAttempt, trouble: string): OrderTruth {
  const { id: attemptId, orderId, orderFacts, steps, updatedAt } = attempt;
  const cancelled = steps.some(
    ({ step, outcome }) => (step === 'cancel_order' || step === 'cancel_booking') && outcome === 'cancelled',
  );
  const total: Money | undefined = orderFacts?.total;
  // That it lived when it was made does not say that it lives now.
  const status = cancelled ? 'cancelled' : 'unknown';
  return {
    attemptId,
    orderId,
    source: 'stored',
    asOf: updatedAt.toISOString(),
    trouble,
    status,
    bookingReference: orderFacts?.bookingReference ?? null,
    total: total ? formatMoney(total) : null,
  };
}

/** Our own words: a vendor's message may hold PII. */
const troubleOf = (error: unknown): string =>
  error instanceof Permanent
    ? `the vendor does not show it (${error.code})`
    : `the vendor does not answer (${codeOf(error)})`;
