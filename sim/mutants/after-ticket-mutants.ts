import type { Mutant } from './mutant.ts';

/** Defences of what comes after the ticket: refunds until they are final, unknown amounts, disputes. */
export const AFTER_TICKET_MUTANTS: readonly Mutant[] = [
  {
    name: 'a refund not verified',
    file: 'src/services/cancelling/steps/refund.ts',
    find: `return next('verify_refund', { recorded: outcome('requested', refundResult(made)) });`,
    replace: `void refundResult;
  return cancelledWith(cancellation, [{ ...made, status: 'succeeded' }]);`,
  },
  {
    name: 'a failed refund taken for one under way',
    file: 'src/domain/refund.ts',
    find: `aliveMinor: sum(['succeeded', 'pending', 'requires_action']),`,
    replace: `aliveMinor: sum(['succeeded', 'pending', 'requires_action', 'failed', 'canceled']),`,
  },
  {
    name: 'refunds followed by no sweep',
    file: 'src/services/reconciling/rescue-stuck-work.ts',
    find: '...(await ports.refunds.due(LIMIT))',
    replace: '...(await ports.refunds.due(0))',
  },
  {
    name: 'unknown refund as zero',
    file: 'src/services/cancelling/steps/verify-order.ts',
    find: 'const { refund } = order;',
    replace: 'const refund = order.refund ?? { ...paid, minor: 0 };',
  },
  {
    name: 'unknown quote as zero',
    file: 'src/services/cancelling/steps/quote.ts',
    find: `if (!refund) return toHuman('refund_unknown', 'The airline does not say what a cancellation gives back.');
  if (refund.minor === 0)`,
    replace: 'if (!refund || refund.minor === 0)',
  },
  {
    name: 'stale quote taken for done',
    file: 'src/services/cancelling/steps/confirm.ts',
    find: '    if (error instanceof CancellationRefused) return',
    replace: `    if (error instanceof CancellationRefused && error.refusal === 'quote_stale')
      return next('refund', {
        recorded: outcome('confirmed'),
        patch: { airlineRefund: refund, refundMinor: (refund as Money).minor },
      });
    if (error instanceof CancellationRefused) return`,
  },
  {
    name: 'what the traveller accepted is forgotten',
    file: 'src/services/cancelling/steps/quote.ts',
    find: 'if (isBelowAccepted(cancellation, refund))',
    replace: 'if (isBelowAccepted({ ...cancellation, acceptedMinor: null }, refund))',
  },
  {
    name: 'dispute ignored',
    file: 'src/services/refunds/follow.ts',
    find: 'for (const dispute of await ports.payments.disputesOf(paymentIntentId))',
    replace: 'for (const dispute of (await ports.payments.disputesOf(paymentIntentId)).slice(0, 0))',
  },
  {
    name: 'disputes heard of by webhook alone',
    file: 'src/processors/reconcile-vendors.ts',
    find: 'listDisputes(ports, DISPUTES_LOOK_BACK_MS)',
    replace: 'listDisputes(ports, -DISPUTES_LOOK_BACK_MS)',
  },
  {
    name: 'a disputed ticket cancelled',
    file: 'src/services/cancelling/steps/quote.ts',
    find: 'if (disputes.some(paymentDisputed))',
    replace: 'if (disputes.length < 0 && disputes.some(paymentDisputed))',
  },
  {
    name: 'an old reading of refunds written over a newer one',
    file: 'src/services/refunds/decide.ts',
    find: 'totalOf(known(payment.refunds, matched))',
    replace: 'totalOf(known([], []).length ? [] : seen)',
  },
  {
    name: 'booked orders looked at by no sweep',
    file: 'src/services/reconciling/rescue-stuck-work.ts',
    find: 'ports.bookedOrders.due(ORDER_LOOKS)',
    replace: 'ports.bookedOrders.due(0 * ORDER_LOOKS)',
  },
  {
    name: 'a cancellation by the airline taken for news without a refund',
    file: 'src/services/orders/decide.ts',
    find: '    cancelledByAirline: true,',
    replace: '    cancelledByAirline: false,',
  },
  {
    name: 'each change told in a mail of its own',
    file: 'src/services/orders/decide-changes.ts',
    find: '? [flightsChanged(stored, notified),',
    replace:
      '? [flightsChanged(stored, notified), flightsChanged(stored, { ...notified, number: 100 + notified.number }),',
  },
];

/** Defences of what is kept of it, and of how readings are weighed. */
export const AFTER_TICKET_STORAGE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a refund that succeeded is not looked at again',
    file: 'src/db/refunds.ts',
    find: "where status = 'succeeded' and coalesce",
    replace: "where status = 'none' and coalesce",
  },
  {
    name: 'a dispute that opens again stays closed',
    file: 'src/db/stores/disputes.ts',
    find: 'closedAt: closed ? sql<Date>`coalesce(disputes.closed_at, now())` : null,',
    replace: 'closedAt: sql<Date>`coalesce(disputes.closed_at, excluded.closed_at)`,',
  },
  {
    name: 'a refund that failed while its cancellation ended is forgotten',
    file: 'src/services/refunds/decide.ts',
    find: 'const owing = matched.filter(({ before, now }) => hasFailed(now) && !before?.resolved);',
    replace: 'const owing = failedNow;',
  },
];
