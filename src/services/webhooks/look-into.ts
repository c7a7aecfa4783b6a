import { Retryable } from '../../errors.ts';
import type { Found, KnownAttempt, Refs } from '../booking/directory.ts';
import type { LookPorts, WebhookSource } from './ports.ts';

/**
 * Goes and looks at what a webhook named. A live attempt is nudged, and its saga asks the provider itself. An order or
 * a hold that turns up after its attempt was given up is brought back to be undone.
 * @returns what came of it, for the event's row
 */
export async function lookInto(ports: LookPorts, provider: WebhookSource, eventId: string): Promise<string> {
  const { events, directory } = ports;
  const event = await events.find(provider, eventId);
  if (!event) return 'unknown_event';
  if (event.processed) return 'already_processed';
  const attempt = await directory.named(event.refs);
  const outcome = attempt ? await handle(ports, attempt, event.refs, eventId) : 'nobody_of_ours';
  await events.close(provider, eventId, outcome);
  return outcome;
}

async function handle(ports: LookPorts, attempt: KnownAttempt, refs: Refs, eventId: string): Promise<string> {
  if (attempt.status === 'PENDING') {
    await ports.directory.nudge(attempt, eventId);
    return attempt.orderId ? secondOrder(ports, attempt, refs, 'nudged') : 'nudged';
  }
  if (attempt.status !== 'FAILED') return secondOrder(ports, attempt, refs, 'already_settled');
  const found = await leftBehind(ports, attempt, refs);
  if (!found) return 'nothing_left';
  if (await ports.directory.resume(attempt, found, eventId)) return `undoing_${found.step}`;
  throw new Retryable('attempt_busy', 'the attempt or its trip is being worked on; the look comes again');
}

/** An airline may make two orders of one request. The one that was not booked is for a person to deal with. */
async function secondOrder(
  ports: LookPorts,
  attempt: KnownAttempt,
  { orderId }: Refs,
  otherwise: string,
): Promise<string> {
  if (!orderId || orderId === attempt.orderId) return otherwise;
  const order = await ports.flights.order(orderId);
  if (order.attemptId !== attempt.id || order.cancelled) return otherwise;
  await ports.orphans.announce({
    providerId: orderId,
    kind: 'order',
    action: 'human',
    attemptId: attempt.id,
  });
  return 'second_order';
}

/** What an attempt that was given up still has at a provider, as the provider says. */
async function leftBehind(ports: LookPorts, attempt: KnownAttempt, refs: Refs): Promise<Found | undefined> {
  if (refs.orderId) {
    const order = await ports.flights.order(refs.orderId);
    if (order.attemptId === attempt.id && !order.cancelled)
      return { step: 'cancel_order', order: order.facts };
  }
  if (refs.paymentIntentId) {
    const hold = await ports.payments.hold(refs.paymentIntentId);
    if (hold.attemptId === attempt.id && hold.status === 'held')
      return { step: 'void', paymentIntentId: hold.paymentIntentId };
  }
  return undefined;
}
