import type { ListedOrder } from '../../ports/flights.ts';
import type { ListedAuthorization } from '../../ports/payments.ts';
import type { AttemptSummary } from '../../ports/storage/attempt-directory.ts';
import type { VendorState } from '../booking/directory.ts';
import type { VendorListPorts } from './ports.ts';
import { recordOrphan } from './record-orphan.ts';

/** What the vendors have in one attempt's name: live orders, and authorizations that are neither voided nor refunded. */
export interface Truth {
  readonly orders: ListedOrder[];
  readonly authorizations: ListedAuthorization[];
}

/** Whether an attempt looks up its order. */
export const waits = ({ status, step }: AttemptSummary): boolean => status === 'PENDING' && step === 'settle';

/** Whether an attempt has not asked for its order yet. */
export const beforeOrder = ({ status, step }: AttemptSummary): boolean =>
  status === 'PENDING' && ['reprice', 'authorize', 'confirm_payment'].includes(step);

/**
 * Deals with what the vendors have in an attempt's name and our tables do not account for.
 * @param attempt undefined when our tables do not know it
 * @param count is raised by what was resumed or found to be an orphan
 */
export async function reconcileAttempt(
  ports: VendorListPorts,
  attemptId: string,
  attempt: AttemptSummary | undefined,
  truth: Truth,
  count: { resumed: number; orphans: number },
): Promise<void> {
  const accounted = attempt && attempt.status !== 'FAILED' && attempt.orderId;
  const second = accounted ? truth.orders.filter(isNot(accounted)) : [];
  for (const order of second) {
    await callForHuman(ports, order, attemptId);
    count.orphans += 1;
  }
  if (attempt && (await nameOrder(ports, attempt, truth))) count.resumed += 1;
  const found = attempt ? forgottenBy(attempt, truth) : undefined;
  if (attempt && found && (await ports.directory.reopen(attempt, found, `list-${attempt.epoch}`)))
    count.resumed += 1;
  if (attempt) return;
  const outcome = await importOrphan(ports, attemptId, truth);
  if (outcome) count[outcome] += 1;
}

const isNot =
  (orderId: string) =>
  ({ facts }: ListedOrder): boolean =>
    facts.orderId !== orderId;

/** Records an order that no trip accounts for: a person decides whether it can be refunded. */
function callForHuman(ports: VendorListPorts, { facts }: ListedOrder, attemptId: string): Promise<boolean> {
  return recordOrphan(ports, { providerId: facts.orderId, kind: 'order', action: 'human', attemptId });
}

/** An attempt that waits for its order need not wait for its next lookup once the account's list shows it. */
async function nameOrder(
  { directory }: VendorListPorts,
  attempt: AttemptSummary,
  { orders: [order] }: Truth,
): Promise<boolean> {
  if (!order || !waits(attempt)) return false;
  const { orderId } = order.facts;
  await directory.requeue(attempt, `list-${attempt.epoch}`, { orderId });
  return true;
}

/** What the vendors have that this attempt's row does not account for. */
function forgottenBy(attempt: AttemptSummary, { orders, authorizations }: Truth): VendorState | undefined {
  const [order] = orders;
  const [authorization] = authorizations;
  if (attempt.status === 'FAILED') {
    if (order) return { step: 'cancel_order', order: order.facts };
    return authorization && { step: 'void', paymentIntentId: authorization.paymentIntentId };
  }
  // A row before its order call while there is an order was restored from an older backup.
  return beforeOrder(attempt) ? stateToResume(order, authorization) : undefined;
}

function stateToResume(
  order: ListedOrder | undefined,
  authorization: ListedAuthorization | undefined,
): VendorState | undefined {
  if (!order) return undefined;
  const { facts, offer } = order;
  return authorization && offer
    ? { step: 'capture', order: facts, offer, paymentIntentId: authorization.paymentIntentId }
    : { step: 'cancel_order', order: facts };
}

/** @returns whether a trip of ours accounts for it now; undefined when it is not known to be ours */
async function importOrphan(
  ports: VendorListPorts,
  attemptId: string,
  truth: Truth,
): Promise<'resumed' | 'orphans' | undefined> {
  const [order] = truth.orders;
  const [authorization] = truth.authorizations;
  const tripId = order?.tripId ?? authorization?.tripId;
  const found =
    stateToResume(order, authorization) ??
    (authorization && { step: 'void', paymentIntentId: authorization.paymentIntentId });
  if (tripId && found) {
    const outcome = await ports.directory.importOrphan({ id: attemptId, tripId }, found, 'list');
    if (outcome === 'imported') return 'resumed';
    if (outcome === 'busy') return 'orphans';
  }
  // What our tables do not know and bears no name may be another deployment's, from before the names.
  const named = [...truth.orders, ...truth.authorizations].some(({ madeBy }) => madeBy === 'us');
  if (!named) return undefined;
  for (const one of truth.orders) await callForHuman(ports, one, attemptId);
  for (const { paymentIntentId, status } of truth.authorizations) {
    // A person decides about money that is authorized for a ticket that exists, too.
    const action = status === 'authorized' && !order ? 'release' : 'human';
    const open = await recordOrphan(ports, { providerId: paymentIntentId, kind: 'hold', action, attemptId });
    if (action !== 'release' || !open) continue;
    await ports.payments.void(paymentIntentId, `orphan:${paymentIntentId}:void`);
    await ports.orphans.recordOutcome(paymentIntentId, 'released');
  }
  return 'orphans';
}
