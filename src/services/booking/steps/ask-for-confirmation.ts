import type { Attempt } from '../../../domain/attempt.ts';
import { moneyText } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import { confirmableUntil, deadlineAfter } from '../../../domain/payment-confirmation.ts';
import { CONFIRM_PAYMENT, type Outcome } from '../../../domain/trip.ts';
import { notificationRequest } from '../../notifications/request.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { next } from '../results.ts';

/**
 * The bank wants the traveller to confirm the payment. They are told by mail and on their trip's page, and the attempt waits for them as long
 * as its fare can be bought.
 * @returns null when that is too short
 */
export function askForConfirmation(
  { settings, clock }: BookingStepPorts,
  attempt: Attempt,
  paymentIntentId: string,
): BookingStepResult | null {
  const { price, expiresAt } = attempt.offer as Offer;
  const until = confirmableUntil(expiresAt, settings.confirmation, clock.now());
  if (!until) return null;
  const { id, userId, tripId, correlationId } = attempt;
  const confirmBy = until.toISOString();
  const outcome: Outcome = {
    code: CONFIRM_PAYMENT,
    message:
      `Your bank wants you to confirm the payment of ${moneyText(price)} yourself. Nothing is bought or charged until you do. ` +
      `You have until ${confirmBy.slice(0, 16).replace('T', ' ')} UTC: the airline keeps the fare no longer. After that we keep watching.`,
    confirmBy,
  };
  return next('confirm_payment', {
    patch: { paymentIntentId, deadline: deadlineAfter(until) },
    recorded: { step: 'authorize', outcome: 'needs_confirmation' },
    tripOutcome: outcome,
    events: [{ type: 'payment.confirmation_needed', detail: { amount: moneyText(price), until: confirmBy } }],
    notifications: [
      notificationRequest({
        userId,
        tripId,
        kind: CONFIRM_PAYMENT,
        dedupeKey: `${CONFIRM_PAYMENT}:${id}`,
        data: { ...outcome },
        correlationId,
      }),
    ],
  });
}
