import type { CaseStatement, OpenCase } from '../../domain/case.ts';
import { formatMoney, type Money, moneyText } from '../../domain/money.ts';
import { Permanent, Refused } from '../../errors.ts';
import type { FoundOrder } from '../../ports/flights.ts';
import type { Authorization } from '../../ports/payments.ts';
import type { CasePorts } from './ports.ts';

type Vendors = Pick<CasePorts, 'flights' | 'payments'>;

/** What the vendors have now of an attempt that waits. */
export interface VendorTruth {
  /** Live orders with our attempt in their metadata, or known to the attempt. */
  readonly live: readonly FoundOrder[];
  /** Live orders of the attempt's offer that nothing ties to it. */
  readonly foreign: readonly FoundOrder[];
  /** Whether the list shows something of this offer that can't be read: it may be an order. */
  readonly unreadable: boolean;
  readonly authorization: Authorization | null;
}

/** Asks the vendors what an attempt has. @throws Retryable when a vendor does not answer */
export async function vendorTruth(
  vendors: Vendors,
  one: OpenCase,
  statement: CaseStatement,
): Promise<VendorTruth> {
  const found = new Map<string, FoundOrder>();
  const listed = one.offerId ? await vendors.flights.ordersOf(one.offerId) : { rows: [], unreadable: [] };
  for (const order of listed.rows) found.set(order.facts.orderId, order);
  // Lists lag; an order read by its id is newer than the list.
  for (const orderId of new Set([one.order?.orderId, statement.orderId]))
    if (orderId) found.set(orderId, await readOrder(vendors, orderId));
  const live = [...found.values()].filter(({ cancelled }) => !cancelled);
  const ours = (order: FoundOrder) =>
    (order.attemptId === one.attemptId && order.madeBy !== 'another_deployment') ||
    order.facts.orderId === one.order?.orderId;
  return {
    live: live.filter(ours),
    foreign: live.filter((order) => !ours(order)),
    unreadable: listed.unreadable.length > 0,
    authorization: one.paymentIntentId ? await readAuthorization(vendors, one.paymentIntentId) : null,
  };
}

/** @throws Refused when another deployment on the account has made it: it is neither completed nor cancelled here */
export function demandOurs({ facts, madeBy }: FoundOrder): void {
  if (madeBy === 'another_deployment')
    throw new Refused('conflict', `${facts.orderId} was made by another deployment on this account.`);
}

/** @throws Refused when the seller knows no such order */
export async function readOrder({ flights }: Vendors, orderId: string): Promise<FoundOrder> {
  return orRefuse(
    () => flights.order(orderId),
    `The airline's seller has no order ${orderId}. Check its id.`,
  );
}

/** @throws Refused when the payment provider knows no such payment */
export async function readAuthorization(
  { payments }: Vendors,
  paymentIntentId: string,
): Promise<Authorization> {
  return orRefuse(
    () => payments.authorization(paymentIntentId),
    `The payment provider does not show ${paymentIntentId}. Look it up there.`,
  );
}

async function orRefuse<T>(ask: () => Promise<T>, message: string): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Permanent) throw new Refused('conflict', message);
    throw error;
  }
}

/** Captured and not refunded, in minor units. */
export const keptMinor = (authorization: Authorization | null): number =>
  authorization ? authorization.capturedMinor - authorization.refundedMinor : 0;

/**
 * What cancelling an order gives back, and that the person accepts it.
 * @returns the least that must come back when it is cancelled, in minor units; null when all of it does
 * @throws Refused when not all comes back and that was not accepted, or it can't be cancelled
 */
export async function acceptedRefund(
  { flights }: Vendors,
  { facts, cancellable }: FoundOrder,
  { acceptLoss }: CaseStatement,
): Promise<number | null> {
  const { orderId, total } = facts;
  if (!cancellable)
    throw new Refused(
      'conflict',
      `${orderId} can't be cancelled through the seller. Have the airline or the seller cancel it, then release the money.`,
    );
  const quote = await orRefuse(
    () => flights.quoteCancellation(orderId),
    `The airline refused to say what cancelling ${orderId} gives back. Ask it, and have it cancelled there.`,
  );
  const { refund, refundTo } = quote;
  const back = refundTo === 'balance' && refund?.currency === total.currency ? refund : null;
  if (back?.minor === total.minor) return null;
  if (!acceptLoss) throw new Refused('conflict', `${lossText(orderId, total, refund, refundTo)} ${ACCEPT}`);
  return back?.minor ?? 0;
}

const ACCEPT = 'State acceptLoss (--accept-loss) to cancel it all the same.';

function lossText(orderId: string, total: Money, refund: Money | null, refundTo: string): string {
  if (!refund)
    return `The airline does not say what cancelling ${orderId} gives back of ${moneyText(total)}.`;
  if (refundTo !== 'balance')
    return `Cancelling ${orderId} gives ${moneyText(refund)} back as ${refundTo.replaceAll('_', ' ')}, not to our balance.`;
  return `Cancelling ${orderId} gives back ${formatMoney(refund).amount} of ${moneyText(total)}.`;
}

/** `ord_1, ord_2`. */
export const idsOf = (orders: readonly FoundOrder[]): string =>
  orders.map(({ facts }) => facts.orderId).join(', ');
