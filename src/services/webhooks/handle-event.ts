import { Permanent, Retryable } from '../../errors.ts';
import type { AttemptSummary } from '../../ports/storage/attempt-directory.ts';
import type { MadeBy } from '../../ports/vendor-list.ts';
import { type VendorRefs, vendorRefs, type WebhookSource } from '../../ports/webhooks.ts';
import type { VendorState } from '../booking/directory.ts';
import { followOrder } from '../orders/follow.ts';
import { recordOrphan } from '../reconciling/record-orphan.ts';
import { fraudWarningAlert } from '../refunds/decide-dispute.ts';
import { followPayment } from '../refunds/follow.ts';
import type { WebhookPorts } from './ports.ts';

/**
 * Looks up what a webhook named. A live attempt is requeued with what the event said of its order, and its saga reads the
 * state from the provider. An attempt that has failed is reopened when the provider still has an order or an authorization in its name, to compensate it.
 * @returns what came of it, for the event's row
 */
export async function handleWebhookEvent(
  ports: WebhookPorts,
  provider: WebhookSource,
  eventId: string,
): Promise<string> {
  const { events, directory } = ports;
  const event = await events.find(provider, eventId);
  if (!event) return 'unknown_event';
  if (event.processed) return 'already_processed';
  const refs = vendorRefs.parse(event.refs);
  const attempt = (await directory.findByRefs(refs)) ?? (await attemptOfOrder(ports, refs));
  const outcome = attempt ? await handle(ports, attempt, refs, eventId) : 'nobody_of_ours';
  await events.close(provider, eventId, outcome);
  return outcome;
}

async function handle(
  ports: WebhookPorts,
  attempt: AttemptSummary,
  refs: VendorRefs,
  eventId: string,
): Promise<string> {
  if (refs.about && refs.paymentIntentId) {
    if (attempt.status === 'PENDING') await ports.directory.requeue(attempt, eventId);
    if (refs.about === 'fraud_warning')
      await ports.notifications.enqueue([fraudWarningAlert(refs.paymentIntentId, attempt.id)]);
    return followPayment(ports, refs.paymentIntentId);
  }
  if (attempt.status === 'PENDING') {
    const { orderId, orderFailed: failed } = refs;
    await ports.directory.requeue(attempt, eventId, attempt.orderId ? {} : { orderId, failed });
    if (attempt.orderId) return secondOrder(ports, attempt, refs, 'nudged');
    // Its order was given up a moment ago: the worker at it may not read the news any more.
    if (orderId && attempt.step === 'void') throw busy();
    return 'nudged';
  }
  if (refs.orderId && refs.orderId === attempt.orderId && attempt.status === 'SUCCESS')
    return followOrder(ports, refs.orderId);
  if (attempt.status !== 'FAILED') return secondOrder(ports, attempt, refs, 'already_settled');
  const found = await leftBehind(ports, attempt, refs);
  if (!found) return 'nothing_left';
  if (await ports.directory.reopen(attempt, found, eventId)) return `undoing_${found.step}`;
  throw busy();
}

const busy = (): Retryable =>
  new Retryable(
    'attempt_busy',
    'the attempt or its trip is being worked on; the event is handled again later',
  );

/** An order is enough: its metadata says whose it is. One that the seller does not know, or another deployment made, is none of ours. */
async function attemptOfOrder(
  { flights, directory }: WebhookPorts,
  { orderId }: VendorRefs,
): Promise<AttemptSummary | undefined> {
  if (!orderId) return undefined;
  try {
    const { attemptId, madeBy } = await flights.order(orderId);
    return attemptId && madeBy !== 'another_deployment' ? (await directory.byIds([attemptId]))[0] : undefined;
  } catch (error) {
    if (error instanceof Permanent) return undefined;
    throw error;
  }
}

/** An airline may make two orders of one request. A person decides about the one that was not booked. */
async function secondOrder(
  ports: WebhookPorts,
  attempt: AttemptSummary,
  { orderId }: VendorRefs,
  otherwise: string,
): Promise<string> {
  if (!orderId || orderId === attempt.orderId) return otherwise;
  const order = await ports.flights.order(orderId);
  if (!isOf(attempt, order) || order.cancelled) return otherwise;
  await recordOrphan(ports, {
    providerId: orderId,
    kind: 'order',
    action: 'human',
    attemptId: attempt.id,
  });
  return 'second_order';
}

/** A copy of our tables knows our attempts, too: what another deployment made is left to it. */
const isOf = (
  { id }: AttemptSummary,
  { attemptId, madeBy }: { readonly attemptId: string | null; readonly madeBy: MadeBy },
): boolean => attemptId === id && madeBy !== 'another_deployment';

/** What a provider still has in the name of an attempt that has failed. */
async function leftBehind(
  ports: WebhookPorts,
  attempt: AttemptSummary,
  refs: VendorRefs,
): Promise<VendorState | undefined> {
  if (refs.orderId) {
    const order = await ports.flights.order(refs.orderId);
    if (isOf(attempt, order) && !order.cancelled) return { step: 'cancel_order', order: order.facts };
  }
  if (refs.paymentIntentId) {
    const authorization = await ports.payments.authorization(refs.paymentIntentId);
    if (isOf(attempt, authorization) && authorization.status === 'authorized')
      return { step: 'void', paymentIntentId: authorization.paymentIntentId };
  }
  return undefined;
}
