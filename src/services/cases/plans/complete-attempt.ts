import type { CaseStatement, OpenCase } from '../../../domain/case.ts';
import { moneyText, withinMandate } from '../../../domain/money.ts';
import { Refused } from '../../../errors.ts';
import type { FoundOrder } from '../../../ports/flights.ts';
import type { CasePlan } from '../ports.ts';
import { demandOurs, idsOf, type VendorTruth } from '../vendor-truth.ts';
import { NOT_OURS, reopening, stakeOf } from './reopen.ts';

/**
 * Ends with the ticket: the capture step captures what the order costs, and the attempt is booked.
 * @throws Refused when there is no such live order, or the money for it is not reserved
 */
export function completeWith(
  one: OpenCase,
  action: 'adopt' | 'capture',
  statement: CaseStatement,
  truth: VendorTruth,
): CasePlan {
  const order = chosen(one, action, statement, truth);
  const { authorization } = truth;
  demandOurs(order);
  const { orderId, total } = order.facts;
  if (!authorization || (authorization.status !== 'authorized' && authorization.status !== 'captured'))
    throw new Refused(
      'conflict',
      `No money is reserved for ${orderId}, so it can't be completed. Use cancel-order.`,
    );
  if (!withinMandate(total, authorization.amount))
    throw new Refused(
      'conflict',
      `${orderId} costs ${moneyText(total)}, and ${moneyText(authorization.amount)} is reserved. Use cancel-order.`,
    );
  const foreign = truth.foreign.includes(order);
  return {
    message: `The money for ${orderId} is being captured; then the trip is booked.`,
    stake: stakeOf(one, truth, total),
    ...(foreign && { needsSecond: NOT_OURS }),
    state: 'DONE',
    write: reopening(one, {
      patch: { step: 'capture', order: order.facts, caseTerms: { capturesLate: true } },
      orderOutcome: one.order ? null : 'created',
      completes: true,
    }),
  };
}

function chosen(
  one: OpenCase,
  action: 'adopt' | 'capture',
  { orderId }: CaseStatement,
  { live, foreign }: VendorTruth,
): FoundOrder {
  const all = [...live, ...foreign];
  const wanted = orderId ?? (action === 'capture' ? one.order?.orderId : undefined);
  if (wanted) {
    const order = all.find(({ facts }) => facts.orderId === wanted);
    if (!order)
      throw new Refused('conflict', `${wanted} is cancelled at the airline. Use release or refund.`);
    return order;
  }
  const [first, ...others] = live;
  if (!first)
    throw new Refused('conflict', 'The airline shows no live order of ours. Name it with orderId (--order).');
  if (others.length)
    throw new Refused(
      'conflict',
      `There is more than one order. Name it with orderId (--order): ${idsOf(live)}.`,
    );
  return first;
}
