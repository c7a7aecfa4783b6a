import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { type LimitReached, reachedLimit } from '../../../domain/authorization-limits.ts';
import { fareOf } from '../../../domain/failed-fares.ts';
import { type Money, moneyText, withinMandate } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import type { Outcome } from '../../../domain/trip.ts';
import { AccountTrouble, OutcomeUnknown, Permanent } from '../../../errors.ts';
import { type Authorization, Declined, PaymentRefused } from '../../../ports/payments.ts';
import { wait } from '../../saga/step.ts';
import { limitCompensation } from '../authorization-limit.ts';
import { findAuthorization, LOOK_UP_MS } from '../payment-lookup.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { accountTrouble, compensate, next, reasonToStop, stopBy } from '../results.ts';
import { askForConfirmation } from './ask-for-confirmation.ts';
import { declined } from './decline.ts';
import { findForgottenPayment } from './forgotten-payment.ts';

/** Reserves exactly the offer's amount, off-session, never above the mandate. Nothing is captured yet. */
export async function authorize(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  try {
    return await reserve(ports, attempt);
  } catch (error) {
    // Refused before anything was asked for: nothing can be held.
    const asked = ports.session.findIntent('authorize');
    if (error instanceof AccountTrouble && !asked) return compensate(attempt, accountTrouble);
    throw error;
  }
}

async function reserve(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const offer = attempt.offer as Offer;
  const stop = (await reasonToStop(ports, attempt)) ?? overMandate(attempt, offer.price);
  if (stop) return compensate(attempt, stop);
  const { payer } = attempt.trip;
  if (!payer?.paymentMethodId) return compensate(attempt, noCard);
  const { customerId, paymentMethodId } = payer;
  const past = ports.session.findIntent('authorize');
  if (past?.outcome === 'unknown') return lookUp(ports, attempt, customerId, past.ageMs);
  // A worker that died may have made the call. The same key would find its answer, unless the provider forgot the key.
  const made = past && (await findAuthorization(ports, attempt, customerId));
  if (made?.status === 'authorized' || made?.status === 'voided') return take(attempt, made);
  const asked = made && confirmationFor(ports, attempt, made);
  if (asked) return asked;
  const first = !past || made?.status === 'captured';
  const forgotten = first ? await findForgottenPayment(ports, attempt, customerId) : null;
  if (forgotten) return forgotten;
  const limit = first && (await limitOf(ports, attempt, paymentMethodId));
  if (limit) return compensate(attempt, limitCompensation(limit));
  const request = { offerId: offer.offerId, ...offer.price, card: paymentMethodId };
  const intent = await ports.session.recordIntent(attempt, 'authorize', request, 'once');
  const late = stopBy(intent) ?? (await reasonToStop(ports, attempt));
  if (late) return compensate(attempt, late, intent.fresh ? { recorded: outcome('not_attempted') } : {});
  try {
    const authorization = await ports.payments.authorize({
      key: intent.key,
      amount: offer.price,
      attemptId: attempt.id,
      tripId: attempt.tripId,
      customerId,
      paymentMethodId,
    });
    if (authorization.status !== 'pending') return take(attempt, authorization);
    const asked = confirmationFor(ports, attempt, authorization);
    return asked ?? (await lookUp(ports, attempt, customerId, intent.ageMs));
  } catch (error) {
    if (error instanceof Declined) return declined(ports, attempt, error);
    if (error instanceof AccountTrouble)
      return compensate(attempt, accountTrouble, { recorded: outcome('not_attempted') });
    if (error instanceof PaymentRefused && error.refusal === 'amount')
      return compensate(attempt, notCharged(offer), { recorded: outcome(error.code) });
    if (error instanceof Permanent)
      return compensate(attempt, refused(error.code), { recorded: outcome(error.code) });
    if (error instanceof OutcomeUnknown)
      return next('authorize', {
        tripOutcome: waitingForBank,
        recorded: outcome('unknown'),
        events: [{ type: 'payment.unknown' }],
      });
    throw error;
  }
}

/** The limit that keeps this card, or this trip, from being tried now; null when there is none. */
async function limitOf(
  { history, clock }: BookingStepPorts,
  { tripId, offer }: Attempt,
  card: string,
): Promise<LimitReached | null> {
  const { past = [] } = (await history.authorizations([tripId])).get(tripId) ?? {};
  return reachedLimit(past, { tripId, card, amount: (offer as Offer).price }, clock.now());
}

/** The answer was lost: what the provider has decides, found by our attempt id. */
async function lookUp(
  ports: BookingStepPorts,
  attempt: Attempt,
  customerId: string,
  ageMs: number,
): Promise<BookingStepResult> {
  const found = await findAuthorization(ports, attempt, customerId);
  if (found && found.status !== 'pending') return take(attempt, found);
  const asked = found && confirmationFor(ports, attempt, found);
  if (asked) return asked;
  if (ageMs < ports.settings.paymentLookupMs) return wait(LOOK_UP_MS, 'authorization not yet found');
  const unconfirmed: Compensation = {
    code: 'payment_unconfirmed',
    message: 'The payment could not be confirmed; nothing is held.',
    to: 'watch',
  };
  const patch = found && { paymentIntentId: found.paymentIntentId };
  return compensate(attempt, unconfirmed, patch ? { patch } : {});
}

/** Asks the traveller for the confirmation that the bank wants; null when it wants none, or there is no time for one. */
const confirmationFor = (
  ports: BookingStepPorts,
  attempt: Attempt,
  { paymentIntentId, pendingFor }: Authorization,
): BookingStepResult | null =>
  pendingFor?.kind === 'confirmation' ? askForConfirmation(ports, attempt, paymentIntentId) : null;

/** Goes on with what the provider has. */
function take(attempt: Attempt, authorization: Authorization): BookingStepResult {
  const { paymentIntentId, captureBefore, amount, status } = authorization;
  const patch = { paymentIntentId, captureBefore };
  if (status !== 'authorized')
    return compensate(attempt, refused('payment_not_held'), { patch, recorded: outcome(status) });
  return next('order', {
    patch,
    recorded: { ...outcome('held'), result: { paymentIntentId } },
    events: [
      {
        type: 'payment.authorized',
        detail: { amount: moneyText(amount), captureBefore: captureBefore?.toISOString() ?? null },
      },
    ],
  });
}

const outcome = (what: string) => ({ step: 'authorize' as const, outcome: what });

const waitingForBank: Outcome = {
  code: 'unconfirmed',
  message:
    'The bank has not said yet whether the money is reserved. Nothing is taken; we keep asking until we know.',
};

function overMandate({ trip }: Attempt, price: Money): Compensation | null {
  return withinMandate(price, trip.mandate)
    ? null
    : { code: 'over_mandate', message: 'The price is above what you agreed to.', to: 'watch' };
}

const noCard: Compensation = {
  code: 'no_card',
  message: 'There is no card to pay with. Add one to the trip and we go on.',
  to: 'failed',
  notify: 'payment_failed',
};

/** The least counts after conversion to the account's currency, so only the provider knows it to the digit. */
const notCharged = (offer: Offer): Compensation => ({
  code: 'not_chargeable',
  message: `${moneyText(offer.price)} is less than your card can be charged. Nothing is reserved; we keep watching for a fare that can be charged.`,
  to: 'watch',
  failedFare: fareOf(offer),
});

const refused = (code: string): Compensation => ({
  code,
  message: 'The payment could not be reserved.',
  to: 'failed',
  notify: 'payment_failed',
  alert: 'authorization_refused',
});
