import type { Attempt, Unwind } from '../../../domain/attempt.ts';
import { type Money, moneyText, withinMandate } from '../../../domain/money.ts';
import type { Offer } from '../../../domain/offer.ts';
import type { Outcome } from '../../../domain/trip.ts';
import { OutcomeUnknown, Permanent } from '../../../errors.ts';
import { Declined, type Hold } from '../../../providers/stripe/index.ts';
import { finish, go, reasonToStop, stopBy, undo, wait } from '../moves.ts';
import type { Move, StepPorts } from '../ports.ts';

const POLL_MS = 2_000;

/** Reserves exactly the offer's amount, off-session, never above the mandate. Nothing is taken yet. */
export async function run(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const offer = attempt.offer as Offer;
  const stop = (await reasonToStop(ports, attempt)) ?? overMandate(attempt, offer.price);
  if (stop) return undo(attempt, stop);
  const { payer } = attempt.trip;
  if (!payer?.paymentMethodId) return undo(attempt, noCard);
  const { customerId, paymentMethodId } = payer;
  const begun = ports.store.begun('authorize');
  if (begun?.outcome === 'unknown') return lookUp(ports, attempt, customerId, begun.ageMs);
  // A worker that vanished may have made the call. The same key would find its answer, unless Stripe forgot the key.
  const made = begun && (await findHold(ports, attempt, customerId));
  if (made?.status === 'held' || made?.status === 'released') return adopt(attempt, made);
  const first = !begun || made?.status === 'captured';
  const forgotten = first ? await forgottenPayment(ports, attempt, customerId) : null;
  if (forgotten) return forgotten;
  const request = { offerId: offer.offerId, ...offer.price };
  const intent = await ports.store.intend(attempt, 'authorize', request, 'once');
  const late = stopBy(intent) ?? (await reasonToStop(ports, attempt));
  if (late) return undo(attempt, late, intent.fresh ? { settle: settled('not_attempted') } : {});
  try {
    const hold = await ports.payments.authorize({
      key: intent.key,
      amount: offer.price,
      attemptId: attempt.id,
      tripId: attempt.tripId,
      customerId,
      paymentMethodId,
    });
    return hold.status === 'pending'
      ? lookUp(ports, attempt, customerId, intent.ageMs)
      : adopt(attempt, hold);
  } catch (error) {
    if (error instanceof Declined) return declined(attempt, error);
    if (error instanceof Permanent)
      return undo(attempt, refused(error.code), { settle: settled(error.code) });
    if (error instanceof OutcomeUnknown)
      return go('authorize', {
        outcome: waitingForBank,
        settle: { step: 'authorize', outcome: 'unknown' },
        events: [{ type: 'payment.unknown' }],
      });
    throw error;
  }
}

/**
 * Before money is reserved for the first time in this attempt, there can be none of this trip. If there is, it is our
 * tables that forgot (a restored backup): the trip may have its ticket already.
 */
async function forgottenPayment(
  ports: StepPorts,
  attempt: Attempt,
  customerId: string,
): Promise<Move | null> {
  const holds = await ports.payments.holdsOf(customerId);
  const earlier = holds.find(
    ({ tripId, status, keptMinor }) => tripId === attempt.tripId && (status === 'held' || keptMinor > 0),
  );
  if (!earlier) return null;
  ports.log.error({ attemptId: attempt.id, paymentIntentId: earlier.paymentIntentId }, 'a forgotten payment');
  if (earlier.attemptId !== attempt.id) return undo(attempt, paidBefore);
  const { paymentIntentId, captureBefore } = earlier;
  const orders = await ports.flights.ordersSince(new Date(ports.clock.now().getTime() - FORGOTTEN_MS));
  const order = orders.find((one) => one.attemptId === attempt.id && !one.cancelled);
  if (!order?.offer) return undo(attempt, paidBefore, { patch: { paymentIntentId } });
  return go('capture', {
    patch: { offer: order.offer, order: order.facts, paymentIntentId, captureBefore },
    events: [{ type: 'order.adopted', detail: { orderId: order.facts.orderId } }],
  });
}

/** As old as a backup may reasonably be. */
const FORGOTTEN_MS = 3 * 24 * 3_600_000;

const paidBefore: Unwind = {
  code: 'paid_before',
  message: 'We found an earlier payment for this trip and are sorting it out before anything else is bought.',
  to: 'watch',
  alert: true,
};

/** The answer was lost: what counts is what the provider has, found by our attempt id. */
async function lookUp(ports: StepPorts, attempt: Attempt, customerId: string, ageMs: number): Promise<Move> {
  const hold = await findHold(ports, attempt, customerId);
  if (hold && hold.status !== 'pending') return adopt(attempt, hold);
  if (ageMs < ports.settings.paymentSettleMs) return wait(POLL_MS, 'authorisation not yet found');
  const unconfirmed: Unwind = {
    code: 'payment_unconfirmed',
    message: 'The payment could not be confirmed; nothing is held.',
    to: 'watch',
  };
  return undo(attempt, unconfirmed, hold ? { patch: { paymentIntentId: hold.paymentIntentId } } : {});
}

function adopt(attempt: Attempt, hold: Hold): Move {
  const { paymentIntentId, captureBefore, amount } = hold;
  const found = { paymentIntentId, captureBefore };
  if (hold.status !== 'held')
    return undo(attempt, refused('payment_not_held'), { patch: found, settle: settled(hold.status) });
  return go('order', {
    patch: found,
    settle: { step: 'authorize', outcome: 'held', result: { paymentIntentId } },
    events: [
      {
        type: 'payment.authorized',
        detail: { amount: moneyText(amount), captureBefore: captureBefore?.toISOString() ?? null },
      },
    ],
  });
}

async function findHold(ports: StepPorts, attempt: Attempt, customerId: string): Promise<Hold | undefined> {
  const holds = await ports.payments.holdsOf(customerId);
  return holds.find((hold) => hold.attemptId === attempt.id);
}

const waitingForBank: Outcome = {
  code: 'unconfirmed',
  message:
    'The bank has not said yet whether the money is reserved. Nothing is taken; we keep asking until we know.',
};

const settled = (outcome: string) => ({ step: 'authorize' as const, outcome });

function overMandate({ trip }: Attempt, price: Money): Unwind | null {
  return withinMandate(price, trip.mandate)
    ? null
    : { code: 'over_mandate', message: 'The price is above what you agreed to.', to: 'watch' };
}

const noCard: Unwind = {
  code: 'no_card',
  message: 'There is no card to pay with. Add one to the trip and we go on.',
  to: 'failed',
  notify: 'payment_failed',
};

const refused = (code: string): Unwind => ({
  code,
  message: 'The payment could not be reserved.',
  to: 'failed',
  notify: 'payment_failed',
  alert: true,
});

function declined(attempt: Attempt, { code, needsTraveler, paymentIntentId }: Declined): Move {
  const unwind: Unwind = needsTraveler
    ? {
        code,
        message:
          'Your bank wants you to confirm the payment yourself. Add the card again, or another one, to go on.',
        to: 'failed',
        notify: 'action_needed',
      }
    : {
        code,
        message: `Your card was declined (${code.replaceAll('_', ' ')}). Choose another card to go on.`,
        to: 'failed',
        notify: 'payment_failed',
      };
  return undo(attempt, unwind, {
    ...(paymentIntentId && { patch: { paymentIntentId } }),
    settle: settled(code),
    events: [{ type: 'payment.declined', detail: { code } }],
  });
}

/** Lets the money go: a hold is cancelled, a charge refunded. Done only when the provider says so. */
export async function undoAuthorize(ports: StepPorts, attempt: Attempt): Promise<Move> {
  const unwind = attempt.unwind as Unwind;
  const over = (type?: string) => finish({ kind: 'undone', unwind, events: type ? [{ type }] : [] });
  if (!attempt.paymentIntentId) {
    const begun = ports.store.begun('authorize');
    if (!begun || (begun.outcome !== null && begun.outcome !== 'unknown')) return over();
    const { payer } = attempt.trip;
    const hold = payer && (await findHold(ports, attempt, payer.customerId));
    if (hold) return go('void', { patch: { paymentIntentId: hold.paymentIntentId } });
    return begun.ageMs < ports.settings.paymentSettleMs
      ? wait(POLL_MS, 'looking for an authorisation that may exist')
      : over();
  }
  const hold = await ports.payments.hold(attempt.paymentIntentId);
  if (hold.status === 'released') return over('payment.released');
  const intent = await ports.store.intend(attempt, 'void', { found: hold.status }, 'again');
  try {
    if (hold.status === 'captured') {
      await ports.payments.refund(
        hold.paymentIntentId,
        { ...hold.amount, minor: hold.capturedMinor },
        intent.key,
      );
      return finish({ kind: 'undone', unwind, events: [{ type: 'payment.refunded' }] });
    }
    await ports.payments.release(hold.paymentIntentId, intent.key);
  } catch (error) {
    if (error instanceof Permanent && error.code === 'charge_already_refunded')
      return over('payment.refunded');
    ports.log.warn({ attemptId: attempt.id, err: error }, 'could not release the payment yet');
    return wait(POLL_MS, 'release failed');
  }
  return go('void', { settle: { step: 'void', outcome: 'released' } });
}
