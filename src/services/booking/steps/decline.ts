import type { Attempt, Compensation } from '../../../domain/attempt.ts';
import type { Declined } from '../../../ports/payments.ts';
import type { BookingStepPorts, BookingStepResult } from '../ports.ts';
import { compensate } from '../results.ts';
import { askForConfirmation } from './ask-for-confirmation.ts';

/** What a decline means for the trip, by its class. The code is the one that may be shown. */
function compensationFor({ class: declineClass, shownCode: code }: Declined): Compensation {
  switch (declineClass) {
    case 'retry_later':
      return {
        code,
        message: 'Your bank could not answer just now. Nothing is reserved; we keep watching and try again.',
        to: 'watch',
      };
    // There was no time to ask for it.
    case 'confirm_with_bank':
      return {
        code,
        message:
          'Your bank wants you to confirm the payment yourself. Add the card again, or another one, to go on.',
        to: 'failed',
        notify: 'action_needed',
      };
    case 'other_card':
      return {
        code,
        message: `Your card was declined (${code.replaceAll('_', ' ')}). Choose another card to go on.`,
        to: 'failed',
        notify: 'payment_failed',
      };
    // Why is not told: the words are those of any decline.
    case 'undisclosed':
      return {
        code,
        message: 'Your card was declined. Choose another card to go on.',
        to: 'failed',
        notify: 'payment_failed',
      };
  }
}

/** The issuer said no. Its own code is stored beside the intent, which no traveller reads; everywhere else stands `shownCode`. */
export function declined(ports: BookingStepPorts, attempt: Attempt, decline: Declined): BookingStepResult {
  const { code, shownCode, paymentIntentId } = decline;
  const asked =
    decline.class === 'confirm_with_bank' &&
    paymentIntentId &&
    askForConfirmation(ports, attempt, paymentIntentId);
  if (asked) return asked;
  return compensate(attempt, compensationFor(decline), {
    ...(paymentIntentId && { patch: { paymentIntentId } }),
    recorded: { step: 'authorize', outcome: shownCode, result: { code, class: decline.class } },
    events: [{ type: 'payment.declined', detail: { code: shownCode } }],
  });
}
