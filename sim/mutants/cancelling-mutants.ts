import type { Mutant } from './mutant.ts';

/** Defences of the cancelling saga. */
export const CANCELLING_MUTANTS: readonly Mutant[] = [
  {
    name: 'an unanswered cancellation taken for done',
    file: 'src/services/cancelling/steps/confirm.ts',
    find: `return next('confirm', { recorded: outcome('unknown'), pauseMs: error.retryAfterMs ?? LOOK_AGAIN_MS });`,
    replace: `return next('refund', {
        recorded: outcome('unknown'),
        patch: { airlineRefund: refund, refundMinor: (refund as Money).minor },
      });`,
  },
  {
    name: 'no intent before a cancellation',
    file: 'src/services/cancelling/steps/confirm.ts',
    find: `await ports.session.recordIntent(cancellation, 'cancel_booking', request, 'again');`,
    replace: 'void request;',
  },
  {
    name: 'a look between intent and cancellation of a booking',
    file: 'src/services/cancelling/steps/confirm.ts',
    find: '    await ports.flights.confirmCancellation(quoteId);',
    replace: `    await ports.flights.order(orderId);
    await ports.flights.confirmCancellation(quoteId);`,
  },
  {
    name: 'more refunded than the airline gave back',
    file: 'src/services/cancelling/steps/verify-order.ts',
    find: 'refundableMinor(refund, paid.minor)',
    replace: 'paid.minor',
  },
  {
    name: 'a refund repeated without a look',
    file: 'src/services/cancelling/steps/refund.ts',
    find: 'const refunds = await ports.payments.refundsOf(paymentIntentId);',
    replace: 'const refunds: Refund[] = [];',
  },
  {
    name: 'a look between intent and refund',
    file: 'src/services/cancelling/steps/refund.ts',
    find: '    made = await ports.payments.refund(paymentIntentId, { ...paid, minor }, intent.key, attemptId);',
    replace: `    await ports.payments.refundsOf(paymentIntentId);
    made = await ports.payments.refund(paymentIntentId, { ...paid, minor }, intent.key, attemptId);`,
  },
  {
    name: 'no sweep of cancellations',
    file: 'src/services/reconciling/rescue-stuck-work.ts',
    find: 'await cancellations.abandoned(ATTEMPT_IDLE_MS, LIMIT)',
    replace: 'await cancellations.abandoned(ATTEMPT_IDLE_MS, 0)',
  },
  {
    name: 'a cancellation without its mail',
    file: 'src/services/cancelling/cancellation-end.ts',
    find: "notify(cancellation, 'booking_cancelled',",
    replace: "notify(cancellation, 'cancellation_delayed',",
  },
  {
    name: 'a trip left BOOKED after its booking was cancelled',
    file: 'src/services/cancelling/results.ts',
    find: "from: ['BOOKED', 'CANCELLED'],",
    replace: 'from: [],',
  },
  {
    name: 'a mail that blames the airline',
    file: 'src/domain/cancellation-words.ts',
    find: "traveller: 'You cancelled this booking.'",
    replace: "traveller: 'The airline cancelled this booking.'",
  },
  {
    name: 'a mail that names what was paid as what is refunded',
    file: 'src/domain/cancellation-words.ts',
    find: 'moneyText(refunded)}',
    replace: 'moneyText(paid)}',
  },
  {
    name: 'what was paid in another way is refunded to the card too',
    file: 'src/domain/cancellation.ts',
    find: 'Math.max(0, (refundMinor ?? 0) - paidElsewhereMinor)',
    replace: 'Math.max(0, (refundMinor ?? 0) - paidElsewhereMinor * 0)',
  },
  {
    name: 'a cancellation that was confirmed is closed as refused',
    file: 'src/services/cases/plans/cancellation.ts',
    find: 'if (one.cancelRequested && orderId !== live)',
    replace: "if (one.cancelRequested && orderId !== live && live === '')",
  },
  {
    name: 'a refund that no card takes',
    file: 'src/services/cancelling/steps/verify-order.ts',
    find: 'refundableMinor(refund, paid.minor)',
    replace: 'Math.min(refund.minor, paid.minor)',
  },
];
