import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import { fareDifferences } from '../../../domain/fare.ts';
import { type Money, moneyText } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import { confirmBy } from '../../../domain/payment-confirmation.ts';
import { selectOffer } from '../../../domain/selection.ts';
import { AccountTrouble, Permanent } from '../../../errors.ts';
import type { Authorization, PendingReason } from '../../../ports/payments.ts';
import { wait } from '../../saga/step.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { accountTrouble, compensate, next } from '../results.ts';

/** The longest time between two lookups, in ms. Webhooks and the traveller's page bring the news sooner. */
const LONGEST_POLL_MS = 60_000;

/**
 * Waits for the traveller to confirm the payment with their bank. What the provider has decides, whoever says that it is done: the
 * same authorization, and never a second one. When their time is over it is voided, which no confirmation survives.
 */
export async function confirmPayment(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const authorization = await ports.payments.authorization(attempt.paymentIntentId as string);
  const { status, pendingFor } = authorization;
  if (status === 'authorized') return goOn(ports, attempt, authorization);
  if (status !== 'pending') return compensate(attempt, notConfirmed(attempt));
  if (pendingFor?.kind === 'declined') return declined(attempt, pendingFor);
  const leftMs = confirmBy(attempt).getTime() - ports.clock.now().getTime();
  if (leftMs <= 0) return compensate(attempt, notConfirmed(attempt));
  return wait(Math.min(leftMs, LONGEST_POLL_MS), 'the traveller has not confirmed the payment yet');
}

/** The offer is read again: it was picked a while ago, and the order may cost no more than was confirmed. */
async function goOn(
  ports: BookingStepPorts,
  attempt: Attempt,
  { paymentIntentId, captureBefore, amount }: Authorization,
): Promise<BookingStepResult> {
  const patch = { captureBefore };
  const found = await readAgain(ports, attempt, amount);
  if ('code' in found) return compensate(attempt, found, { patch });
  return next('order', {
    patch: { ...patch, offer: found },
    recorded: { step: 'authorize', outcome: 'held', result: { paymentIntentId } },
    events: [
      {
        type: 'payment.authorized',
        detail: { amount: moneyText(amount), captureBefore: captureBefore?.toISOString() ?? null },
      },
    ],
  });
}

/** @param confirmed the most that the order may cost */
async function readAgain(
  { flights, flags, travelers, clock }: BookingStepPorts,
  attempt: Attempt,
  confirmed: Money,
): Promise<Offer | Compensation> {
  const picked = attempt.offer as Offer;
  try {
    const { offer } = await flights.offer(picked.offerId);
    const { criteria, searchParams } = attempt.trip;
    const [difference] = fareDifferences(picked, offer, { mayBecomeKnown: attempt.wantedFare === null });
    if (difference) return changed(picked, difference, 'fare_changed');
    const rules = await flags.selectionRules();
    const { chosen, verdicts } = selectOffer([offer], {
      asked: searchParams,
      criteria,
      mandate: confirmed,
      ...rules,
      // An offer that needs documents fits with those of whoever flies.
      passengers: await travelers.flyersOf(attempt.tripId),
      now: clock.now(),
    });
    return chosen ?? changed(picked, verdicts[0]?.objections[0] ?? 'it no longer fits');
  } catch (error) {
    if (error instanceof AccountTrouble) return accountTrouble;
    if (error instanceof Permanent) return changed(picked, 'it is no longer on sale', error.code);
    throw error;
  }
}

const changed = (picked: Offer, why: string, code = 'no_longer_fits'): Compensation => ({
  code,
  message: `You confirmed the payment, but the fare had changed by then: ${why}. Your money is released, and we look for the next.`,
  to: 'search',
  failedFare: fareOf(picked),
});

const notConfirmed = ({ offer }: Attempt): Compensation => ({
  code: 'payment_not_confirmed',
  message: `The payment of ${moneyText((offer as Offer).price)} was not confirmed in time. Nothing is reserved or charged. We keep watching, and leave this fare alone for a while.`,
  to: 'watch',
  failedFare: fareOf(offer as Offer),
});

function declined(
  attempt: Attempt,
  { class: declineClass, shownCode }: Extract<PendingReason, { kind: 'declined' }>,
): BookingStepResult {
  const why = declineClass === 'undisclosed' ? '' : ` (${shownCode.replaceAll('_', ' ')})`;
  const refusal: Compensation = {
    code: shownCode,
    message: `Your bank declined the payment after you confirmed it${why}. Nothing is reserved or charged. We keep watching; you can choose another card meanwhile.`,
    to: 'watch',
    failedFare: fareOf(attempt.offer as Offer),
  };
  return compensate(attempt, refusal, {
    events: [{ type: 'payment.declined', detail: { code: shownCode } }],
  });
}
