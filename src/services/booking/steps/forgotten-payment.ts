import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import type { ListedOrder } from '../../../ports/flights.ts';
import { pagesOf } from '../../../ports/vendor-list.ts';
import { searchAuthorizations } from '../payment-lookup.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { compensate, next } from '../results.ts';

/** As old as a backup may reasonably be. */
const FORGOTTEN_MS = 3 * 24 * 3_600_000;

/**
 * Before money is reserved for the first time in an attempt, the provider can have none of this trip. If it has, our
 * tables forgot it (a restored backup): the trip may have its ticket already.
 * @returns null when nothing was forgotten
 */
export async function findForgottenPayment(
  ports: BookingStepPorts,
  attempt: Attempt,
  customerId: string,
): Promise<BookingStepResult | null> {
  const earlier = await searchAuthorizations(
    ports,
    attempt,
    customerId,
    ({ tripId, status, keptMinor }) =>
      tripId === attempt.tripId && (status === 'authorized' || keptMinor > 0),
  );
  if (!earlier) return null;
  const { paymentIntentId, captureBefore } = earlier;
  ports.log.error(
    { attemptId: attempt.id, paymentIntentId },
    'found a payment that our tables had forgotten',
  );
  if (earlier.attemptId !== attempt.id) return compensate(attempt, paidBefore);
  const order = await findForgottenOrder(ports, attempt);
  if (!order?.offer) return compensate(attempt, paidBefore, { patch: { paymentIntentId } });
  return next('capture', {
    patch: { offer: order.offer, order: order.facts, paymentIntentId, captureBefore },
    events: [{ type: 'order.adopted', detail: { orderId: order.facts.orderId } }],
  });
}

async function findForgottenOrder(
  { flights, clock }: BookingStepPorts,
  { id }: Attempt,
): Promise<ListedOrder | undefined> {
  const since = new Date(clock.now().getTime() - FORGOTTEN_MS);
  for await (const { rows } of pagesOf((after) => flights.ordersSince(since, after))) {
    const order = rows.find(
      (one) => one.attemptId === id && !one.cancelled && one.madeBy !== 'another_deployment',
    );
    if (order) return order;
  }
  return undefined;
}

const paidBefore: Compensation = {
  code: 'paid_before',
  message: 'We found an earlier payment for this trip and are sorting it out before anything else is bought.',
  to: 'watch',
  alert: 'paid_before',
};
