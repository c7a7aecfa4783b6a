import type { Cancellation, CancellationPatch } from '../../../domain/cancellation.ts';
import type { CaseStatement, OpenCase } from '../../../domain/case.ts';
import { refundableMinor } from '../../../domain/chargeable.ts';
import { type Money, moneyText } from '../../../domain/money.ts';
import { Refused } from '../../../errors.ts';
import type { FoundOrder } from '../../../ports/flights.ts';
import type { Authorization } from '../../../ports/payments.ts';
import { toOutboxJob } from '../../../queues/outbox/jobs.ts';
import { cancellationEnd } from '../../cancelling/cancellation-end.ts';
import type { CasePlan, CasePlanner, CasePorts } from '../ports.ts';
import { readAuthorization, readOrder } from '../vendor-truth.ts';

/** A cancellation is ended by its own saga, unless the booking stays as it is. */
export const planForCancellation: CasePlanner = async (vendors, one, action, statement) => {
  if (action === 'retry') return resumed(one, {}, `It goes on at step ${one.step}.`);
  const order = await readOrder(vendors, one.order?.orderId as string);
  const authorization = await readAuthorization(vendors, one.paymentIntentId as string);
  return action === 'refund'
    ? refundStated(one, statement, order, authorization)
    : close(one, statement, order, authorization, vendors.clock);
};

/** The refund step refunds what is still missing of the stated amount. */
function refundStated(
  one: OpenCase,
  { amountMinor }: CaseStatement,
  order: FoundOrder,
  { refundedMinor }: Authorization,
): CasePlan {
  const paid = paidOf(one);
  if (amountMinor === undefined)
    throw new Refused('invalid', 'State what the traveller gets back in all.', [
      { field: 'amount', code: 'required', message: 'is needed (--amount)' },
    ]);
  if (amountMinor > paid.minor)
    throw new Refused('invalid', 'No more than was paid may go back.', [
      { field: 'amount', code: 'too_large', message: `must be at most ${moneyText(paid)}` },
    ]);
  const { currency } = paid;
  const next = refundableMinor({ minor: amountMinor, currency }, paid.minor);
  if (next !== amountMinor)
    throw new Refused('invalid', `A card takes no refund of exactly this amount in ${currency}.`, [
      {
        field: 'amount',
        code: 'not_chargeable',
        message: `must be an amount such as ${moneyText({ minor: next, currency })}`,
      },
    ]);
  if (!order.cancelled)
    throw new Refused(
      'conflict',
      'The order is live at the airline. Retry cancels it first; close leaves it.',
    );
  const back = { ...paid, minor: refundedMinor + one.money.paidElsewhereMinor };
  if (back.minor > amountMinor)
    throw new Refused('conflict', `${moneyText(back)} went back already. State at least that.`);
  const stated = moneyText({ ...paid, minor: amountMinor });
  const patch: CancellationPatch = { step: 'refund', refundMinor: amountMinor };
  return { ...resumed(one, patch, `${stated} is being refunded in all.`), stake: paid };
}

/** DONE when the order is cancelled and what the airline gave back is refunded; REFUSED when nothing happened. */
function close(
  one: OpenCase,
  { orderId }: CaseStatement,
  order: FoundOrder,
  { refundedMinor }: Authorization,
  clock: CasePorts['clock'],
): CasePlan {
  const paid = paidOf(one);
  if (!order.cancelled) {
    const live = order.facts.orderId;
    // A seller's answers may lag behind what it has done.
    if (one.cancelRequested && orderId !== live)
      throw new Refused(
        'conflict',
        `The seller was told to cancel ${live}, which still reads as live. Retry looks again. State its id (--order) if the airline itself says that it stays.`,
      );
    if (refundedMinor > 0)
      throw new Refused(
        'conflict',
        `The order is live, and ${moneyText({ ...paid, minor: refundedMinor })} was refunded. Retry cancels the order.`,
      );
    return { ...left(one, clock), stake: paid };
  }
  const { refund } = order;
  const owed = refund && refund.currency === paid.currency ? refundableMinor(refund, paid.minor) : null;
  const back = refundedMinor + one.money.paidElsewhereMinor;
  if (owed === null || back < owed)
    throw new Refused(
      'conflict',
      `The order is cancelled, the airline gave back ${refund ? moneyText(refund) : 'an unknown amount'}, and ${moneyText(
        { ...paid, minor: refundedMinor },
      )} was refunded. Use refund with the amount that is due, 0 if none.`,
    );
  const patch: CancellationPatch = { step: 'refund', refundMinor: back };
  return { ...resumed(one, patch, 'The vendors agree that it is done.'), stake: paid };
}

/** The booking stays, and the traveller is told so. */
function left(one: OpenCase, clock: CasePorts['clock']): CasePlan {
  const outcome = {
    kind: 'refused',
    code: 'closed_by_hand',
    message: 'Your booking was not cancelled: it stands as it was, and nothing was refunded.',
  } as const;
  const { patch, events, end } = cancellationEnd(asCancellation(one), outcome, { clock });
  return {
    message: 'The booking stays as it is.',
    state: 'DONE',
    async write(trx) {
      if (!(await trx.endCancellation(one, patch, end))) return false;
      for (const event of events) await trx.audit({ ...event, ...whose(one), actor: 'worker' });
      return true;
    },
  };
}

function resumed(one: OpenCase, patch: CancellationPatch, message: string): CasePlan {
  return {
    message,
    state: 'DONE',
    async write(trx) {
      const bookingId = await trx.resumeCancellation(one, patch);
      if (!bookingId) return false;
      const { correlationId } = one;
      await trx.enqueue(
        toOutboxJob('cancel-booking', { bookingId, nudge: `case-${one.version}` }, { correlationId }),
      );
      return true;
    },
  };
}

const paidOf = ({ money }: OpenCase): Money => ({
  minor: money.stakeMinor as number,
  currency: money.currency as string,
});

const whose = ({ userId, tripId, correlationId }: OpenCase) => ({
  userId: userId as string,
  tripId,
  correlationId,
});

/** What the end of a cancellation needs of it. */
const asCancellation = (one: OpenCase): Cancellation =>
  ({ id: one.id, attemptId: one.attemptId, paid: paidOf(one), ...whose(one) }) as Cancellation;
