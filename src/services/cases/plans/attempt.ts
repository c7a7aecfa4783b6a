import type { AttemptPatch, Compensation } from '../../../domain/attempt.ts';
import { type CaseStatement, type OpenCase, orderIsUnclear } from '../../../domain/case.ts';
import { Refused } from '../../../errors.ts';
import type { CasePlan, CasePlanner } from '../ports.ts';
import {
  acceptedRefund,
  demandOurs,
  idsOf,
  keptMinor,
  type VendorTruth,
  vendorTruth,
} from '../vendor-truth.ts';
import { completeWith } from './complete-attempt.ts';
import { NOT_OURS, reopening, stakeOf } from './reopen.ts';

/** An attempt is ended by its own saga: the decision says from which step it goes on. */
export const planForAttempt: CasePlanner = async (vendors, one, action, statement) => {
  const truth = await vendorTruth(vendors, one, statement);
  switch (action) {
    case 'adopt':
    case 'capture':
      return completeWith(one, action, statement, truth);
    case 'release':
    case 'refund':
      return endWithoutTicket(one, action, statement, truth);
    case 'cancel-order':
      return cancelOrder(vendors, one, statement, truth);
    default:
      return close(one, statement, truth);
  }
};

/** Ends without a ticket: the void step voids or refunds, and is done when the payment provider says so. */
function endWithoutTicket(
  one: OpenCase,
  action: 'release' | 'refund',
  statement: CaseStatement,
  truth: VendorTruth,
): CasePlan {
  demandNoOrder(one, statement, truth);
  const kept = keptMinor(truth.authorization);
  if (action === 'release' && kept > 0)
    throw new Refused('conflict', 'The money is captured, so it can only be refunded. Use refund.');
  if (action === 'refund' && kept === 0)
    throw new Refused(
      'conflict',
      'Nothing is captured, so there is nothing to refund. Use release or close.',
    );
  const compensation: Compensation =
    action === 'refund'
      ? ended('refunded_by_hand', 'What was charged goes back to your card.', one)
      : ended(orderIsUnclear(one) ? 'order_unconfirmed' : 'released_by_hand', 'You are not charged.', one);
  return withoutTicket(one, compensation, {
    stake: stakeOf(one, truth),
    message: action === 'refund' ? 'The charge is being refunded.' : 'The authorization is being voided.',
  });
}

/** The saga cancels the order at the accepted terms, and then voids or refunds. */
async function cancelOrder(
  vendors: Parameters<CasePlanner>[0],
  one: OpenCase,
  statement: CaseStatement,
  truth: VendorTruth,
): Promise<CasePlan> {
  const all = [...truth.live, ...truth.foreign];
  const wanted = statement.orderId ?? one.order?.orderId ?? sole(truth)?.facts.orderId;
  const order = all.find(({ facts }) => facts.orderId === wanted);
  if (!order)
    throw new Refused(
      'conflict',
      wanted
        ? `${wanted} is not live at the airline. Release or close instead.`
        : `State which order (orderId, --order): ${idsOf(all) || 'none is live'}.`,
    );
  demandOurs(order);
  const refundMinor = await acceptedRefund(vendors, order, statement);
  const terms = refundMinor === null ? {} : { acceptsLoss: { refundMinor } };
  return {
    message: `${order.facts.orderId} is being cancelled; then the money is voided or refunded.`,
    stake: stakeOf(one, truth, order.facts.total),
    ...(truth.foreign.includes(order) && { needsSecond: NOT_OURS }),
    state: 'DONE',
    write: reopening(one, {
      patch: {
        step: 'cancel_order',
        order: order.facts,
        compensation: ended('cancelled_by_hand', 'The ticket was cancelled, and you are not charged.', one),
        caseTerms: terms,
      },
      orderOutcome: one.order ? null : 'created',
    }),
  };
}

/** Nothing is done but what is true already: no order and no money, or a ticket that is paid. */
function close(one: OpenCase, statement: CaseStatement, truth: VendorTruth): CasePlan {
  const { live, authorization } = truth;
  const [order] = live;
  const kept = keptMinor(authorization);
  if (
    order &&
    live.length === 1 &&
    one.order?.orderId === order.facts.orderId &&
    kept === order.facts.total.minor
  )
    return completeWith(one, 'capture', statement, truth);
  demandNoOrder(one, statement, truth);
  if (authorization?.status === 'authorized' || authorization?.status === 'pending')
    throw new Refused('conflict', 'The money is still reserved. Use release.');
  if (kept > 0) throw new Refused('conflict', 'The money is captured. Use refund.');
  return withoutTicket(one, ended('closed_by_hand', 'You are not charged.', one), {
    stake: stakeOf(one, truth),
    message: 'Nothing is open at the vendors; the attempt ends as failed.',
  });
}

/** @throws Refused while an order lives, or may live and the person did not state that there is none */
function demandNoOrder(
  one: OpenCase,
  { noOrder }: CaseStatement,
  { live, foreign, unreadable }: VendorTruth,
): void {
  if (live.length)
    throw new Refused(
      'conflict',
      `${idsOf(live)} is live at the airline. Use cancel-order, adopt or capture.`,
    );
  if (noOrder) return;
  if (foreign.length)
    throw new Refused(
      'conflict',
      `${idsOf(foreign)} was made of the same offer. When it is certainly not ours, state noOrder (--no-order).`,
    );
  if (unreadable || orderIsUnclear(one))
    throw new Refused(
      'conflict',
      'It is unknown whether there is an order. Ask the airline; when there is certainly none, state noOrder (--no-order).',
    );
}

function withoutTicket(
  one: OpenCase,
  compensation: Compensation,
  rest: Pick<CasePlan, 'stake' | 'message'>,
): CasePlan {
  // An order that is cancelled is read once more by its step: an airline may have made two.
  const patch: AttemptPatch = { step: one.order ? 'cancel_order' : 'void', compensation };
  return {
    ...rest,
    state: 'DONE',
    write: reopening(one, {
      patch: { ...patch, caseTerms: {} },
      orderOutcome: orderIsUnclear(one) ? 'stated_none' : null,
    }),
  };
}

const ended = (code: string, what: string, { cancelledByTraveller }: OpenCase): Compensation => ({
  code,
  message: `We could not complete this booking. ${what}`,
  to: cancelledByTraveller ? 'cancelled' : 'failed',
  notify: 'booking_failed',
});

const sole = ({ live, foreign }: VendorTruth) => (live.length === 1 && !foreign.length ? live[0] : undefined);
