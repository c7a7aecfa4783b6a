import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import { moneyText } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import { MIN_OFFER_LIFE_MS } from '../../../domain/selection.ts';
import type { Outcome } from '../../../domain/trip.ts';
import { AccountTrouble, OutcomeUnknown, Retryable } from '../../../errors.ts';
import { OrderRefused } from '../../../ports/flights.ts';
import { wait } from '../../saga/step.ts';
import { waitsUntil } from '../order-wait.ts';
import { findOwnOrder, orderMade } from '../orders.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { accountTrouble, compensate, next, reasonToStop, stopBy } from '../results.ts';
import { compensationFor } from './order-refusal.ts';
import { turnedAway } from './turned-away.ts';

/**
 * The pivot: creates the order, once. A definite no is compensated; whatever is not certain is looked up, and the call is
 * never made a second time.
 */
export async function order(ports: BookingStepPorts, attempt: Attempt): Promise<BookingStepResult> {
  const offer = attempt.offer as Offer;
  const past = ports.session.findIntent('order');
  // A worker that recorded the intent and died may have made the call: nothing is compensated before that is known.
  if (past && past.outcome !== 'not_attempted')
    return next('settle', {
      tripOutcome: waitingForAirline(ports, attempt, past.ageMs),
      events: [{ type: 'order.unknown', detail: { code: 'worker_lost' } }],
    });
  // Whatever runs the attempt again, a webhook say: the vendor's wait is waited.
  const early = (past?.pauseMs ?? 0) - (past?.ageMs ?? 0);
  if (early > 0) return wait(early, 'turned away; not yet again');
  const stop = (await reasonToStop(ports, attempt)) ?? expired(ports, offer);
  if (stop) return compensate(attempt, stop);
  const passengers = await ports.travelers.passengersOf(attempt);
  if (!passengers) return compensate(attempt, travelerMissing);
  const request = { offerId: offer.offerId, ...offer.price };
  const intent = await ports.session.recordIntent(attempt, 'order', request, 'once');
  const late = stopBy(intent) ?? (await reasonToStop(ports, attempt));
  if (late) return compensate(attempt, late, { recorded: { step: 'order', outcome: 'not_attempted' } });
  try {
    const facts = await ports.flights.createOrder({
      offer,
      passengers,
      attemptId: attempt.id,
      tripId: attempt.tripId,
    });
    return next('capture', orderMade(facts, 'order.created'));
  } catch (error) {
    return notCreated(ports, attempt, { offer, ageMs: intent.ageMs }, error);
  }
}

/** A traveller of an open trip can't be deleted; a version before this one let it happen. */
const travelerMissing: Compensation = {
  code: 'traveler_missing',
  message: 'A traveller of this trip was deleted. Name who flies, and we go on.',
  to: 'failed',
  notify: 'action_needed',
};

async function notCreated(
  ports: BookingStepPorts,
  attempt: Attempt,
  { offer, ageMs }: { offer: Offer; ageMs: number },
  error: unknown,
): Promise<BookingStepResult> {
  if (error instanceof OutcomeUnknown)
    return next('settle', {
      tripOutcome: waitingForAirline(ports, attempt, ageMs),
      recorded: { step: 'order', outcome: 'unknown', result: { code: error.code, ...named(error) } },
      events: [{ type: 'order.unknown', detail: { code: error.code } }],
    });
  if (error instanceof AccountTrouble)
    return compensate(attempt, accountTrouble, {
      recorded: { step: 'order', outcome: 'refused', result: { code: error.code } },
      events: [{ type: 'order.refused', detail: { code: accountTrouble.code } }],
    });
  if (error instanceof Retryable) return turnedAway(ports, attempt, error);
  if (!(error instanceof OrderRefused)) throw error;
  // An offer request is made for one attempt alone: if it was booked before, it may be we who booked it, before our tables
  // were set back to an older backup.
  const own = error.refusal === 'offer_request_used' ? await findOwnOrder(ports, attempt, offer) : undefined;
  if (own === 'unreadable')
    return next('settle', {
      tripOutcome: waitingForAirline(ports, attempt, ageMs),
      recorded: { step: 'order', outcome: 'unknown', result: { code: 'unreadable_order' } },
      events: [{ type: 'order.unknown', detail: { code: 'unreadable_order' } }],
    });
  if (own) return next('capture', orderMade(own.facts, 'order.adopted'));
  const detail = { code: error.code };
  return compensate(attempt, compensationFor(error, offer), {
    recorded: { step: 'order', outcome: 'refused', result: detail },
    events: [{ type: 'order.refused', detail }],
  });
}

/** What a success named that could not be read: it is looked up by its id, and its answer is kept. */
const named = ({ found }: OutcomeUnknown) => (found ? { orderId: found.id, answer: found.answer } : {});

/** To the minute, for people. */
const utcText = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What the traveller reads while the outcome is unknown: where the money is, until when at most, and what they can do. */
function waitingForAirline(ports: BookingStepPorts, attempt: Attempt, ageMs: number): Outcome {
  const until = waitsUntil(ports, attempt, ageMs);
  const { price } = attempt.offer as Offer;
  return {
    code: 'unconfirmed',
    message:
      'The airline has not said yet whether you have your ticket. ' +
      `Your money (${moneyText(price)}) is reserved and not taken; we keep asking until we know, until ${utcText(until)} at most. ` +
      'If you would rather not wait, ask for its release: a ticket may still turn up then, and we cancel it if its fare allows.',
    waitsUntil: until.toISOString(),
  };
}

function expired(ports: BookingStepPorts, { expiresAt }: Offer): Compensation | null {
  if (!expiresAt || Date.parse(expiresAt) - ports.clock.now().getTime() >= MIN_OFFER_LIFE_MS) return null;
  return { code: 'offer_expired', message: 'The offer ran out before it could be bought.', to: 'search' };
}
