import type { ListedOrder } from '../../providers/duffel/index.ts';
import type { ListedHold } from '../../providers/stripe/index.ts';
import type { Found, KnownAttempt } from '../booking/directory.ts';
import type { VendorPorts } from './ports.ts';

export interface VendorsReconciled {
  readonly orders: number;
  readonly holds: number;
  /** Attempts sent back to work, and things of ours that no trip of ours knows. */
  readonly resumed: number;
  readonly orphans: number;
}

/** What the vendors have under one attempt's name: live orders, and holds that are neither let go nor given back. */
interface Truth {
  readonly orders: ListedOrder[];
  readonly holds: ListedHold[];
}

/**
 * From the vendors' lists to our tables: whatever they have in our name must be known here, in the same state. It finds
 * what no webhook told, and heals a database that was restored from an older backup.
 *
 * The lists are read before our rows: a row is written before the call it announces, so a booking in progress can't look
 * like one that was forgotten.
 */
export async function reconcileVendors(ports: VendorPorts, sinceMs: number): Promise<VendorsReconciled> {
  const since = new Date(ports.clock.now().getTime() - sinceMs);
  const [orders, holds] = [await ports.flights.ordersSince(since), await ports.payments.holdsSince(since)];
  const byAttempt = group(
    orders.filter((order) => !order.cancelled),
    holds.filter((hold) => hold.status === 'held' || hold.keptMinor > 0),
  );
  const known = new Map(
    (await ports.directory.byIds([...byAttempt.keys()])).map((attempt) => [attempt.id, attempt]),
  );
  const count = { orders: orders.length, holds: holds.length, resumed: 0, orphans: 0 };
  for (const [attemptId, truth] of byAttempt) {
    const attempt = known.get(attemptId);
    const accounted = attempt && attempt.status !== 'FAILED' && attempt.orderId;
    const second = accounted ? truth.orders.filter(isNot(accounted)) : [];
    for (const order of second) {
      await callForHuman(ports, order, attemptId);
      count.orphans += 1;
    }
    const found = attempt ? forgottenBy(attempt, truth) : undefined;
    if (attempt && found && (await ports.directory.resume(attempt, found, `list-${attempt.epoch}`)))
      count.resumed += 1;
    if (!attempt) count[(await takeIn(ports, attemptId, truth)) ? 'resumed' : 'orphans'] += 1;
  }
  return count;
}

function group(orders: readonly ListedOrder[], holds: readonly ListedHold[]): Map<string, Truth> {
  const groups = new Map<string, Truth>();
  const of = (id: string) => {
    const truth = groups.get(id) ?? { orders: [], holds: [] };
    groups.set(id, truth);
    return truth;
  };
  // What carries no attempt of ours was not made by us: a colleague at the dashboard, another system on the account.
  for (const order of orders) if (order.attemptId) of(order.attemptId).orders.push(order);
  for (const hold of holds) if (hold.attemptId) of(hold.attemptId).holds.push(hold);
  return groups;
}

const isNot =
  (orderId: string) =>
  ({ facts }: ListedOrder): boolean =>
    facts.orderId !== orderId;

/** A ticket nobody booked: whether it can be given back is for a person to find out. */
function callForHuman({ orphans }: VendorPorts, { facts }: ListedOrder, attemptId: string): Promise<boolean> {
  return orphans.announce({ providerId: facts.orderId, kind: 'order', action: 'human', attemptId });
}

/** What the vendors have that this attempt's row does not account for. */
function forgottenBy(attempt: KnownAttempt, { orders, holds }: Truth): Found | undefined {
  const [order] = orders;
  const [hold] = holds;
  if (attempt.status === 'FAILED') {
    if (order) return { step: 'cancel_order', order: order.facts };
    return hold && { step: 'void', paymentIntentId: hold.paymentIntentId };
  }
  // Only a row that was set back stands before its order call while there is an order.
  const before = attempt.status === 'PENDING' && ['reprice', 'authorize'].includes(attempt.step);
  return before ? goOn(order, hold) : undefined;
}

function goOn(order: ListedOrder | undefined, hold: ListedHold | undefined): Found | undefined {
  if (!order) return undefined;
  const { facts, offer } = order;
  return hold && offer
    ? { step: 'capture', order: facts, offer, paymentIntentId: hold.paymentIntentId }
    : { step: 'cancel_order', order: facts };
}

/** @returns whether a trip of ours took it in */
async function takeIn(ports: VendorPorts, attemptId: string, truth: Truth): Promise<boolean> {
  const [order] = truth.orders;
  const [hold] = truth.holds;
  const tripId = order?.tripId ?? hold?.tripId;
  const found = goOn(order, hold) ?? (hold && { step: 'void', paymentIntentId: hold.paymentIntentId });
  if (tripId && found) {
    const outcome = await ports.directory.adopt({ id: attemptId, tripId }, found, 'list');
    if (outcome === 'adopted') return true;
    if (outcome === 'busy') return false;
  }
  for (const one of truth.orders) await callForHuman(ports, one, attemptId);
  for (const { paymentIntentId, status } of truth.holds) {
    // Money held for a ticket that exists is a person's decision too.
    const action = status === 'held' && !order ? 'release' : 'human';
    const open = await ports.orphans.announce({
      providerId: paymentIntentId,
      kind: 'hold',
      action,
      attemptId,
    });
    if (action !== 'release' || !open) continue;
    await ports.payments.release(paymentIntentId, `orphan:${paymentIntentId}:void`);
    await ports.orphans.settle(paymentIntentId, 'released');
  }
  return false;
}
