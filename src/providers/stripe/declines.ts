import type { DeclineClass } from '../../ports/payments.ts';

/**
 * What each decline requires of the traveller, and whether its code may be shown. Source: Stripe, "Decline codes" and "Error
 * codes"; docs/vendors.md. Stripe asks that lost, stolen and fraud be told as a generic decline.
 */
const DECLINES: Readonly<Record<string, DeclineClass>> = {
  authentication_required: 'confirm_with_bank',
  // The traveller did not pass the bank's check, and may try again.
  payment_intent_authentication_failure: 'confirm_with_bank',
  approve_with_id: 'retry_later',
  issuer_not_available: 'retry_later',
  processing_error: 'retry_later',
  reenter_transaction: 'retry_later',
  try_again_later: 'retry_later',
  fraudulent: 'undisclosed',
  lost_card: 'undisclosed',
  merchant_blacklist: 'undisclosed',
  pickup_card: 'undisclosed',
  restricted_card: 'undisclosed',
  security_violation: 'undisclosed',
  stolen_card: 'undisclosed',
  call_issuer: 'other_card',
  card_declined: 'other_card',
  card_not_supported: 'other_card',
  card_velocity_exceeded: 'other_card',
  currency_not_supported: 'other_card',
  do_not_honor: 'other_card',
  expired_card: 'other_card',
  generic_decline: 'other_card',
  incorrect_cvc: 'other_card',
  incorrect_number: 'other_card',
  insufficient_funds: 'other_card',
  invalid_account: 'other_card',
  invalid_cvc: 'other_card',
  new_account_information_available: 'other_card',
  revocation_of_all_authorizations: 'other_card',
  revocation_of_authorization: 'other_card',
  stop_payment_order: 'other_card',
};

/** Mastercard's "never again". Source: Stripe, "Card declines"; Mastercard, "Merchant advice codes". */
const NETWORK_NEVER = new Set(['03', '21']);

/** What of a card error says what to do. */
export interface CardError {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly advice_code?: string | undefined;
  readonly network_advice_code?: string | undefined;
}

/** A decline, read. */
export interface Decline {
  readonly code: string;
  readonly class: DeclineClass;
  /** May be shown; a code that the table does not know may say anything. */
  readonly shownCode: string;
}

const GENERIC = 'card_declined';

/** The code that says most: the issuer's own, where Stripe's says only that the card was declined. */
const codeOf = ({ code, decline_code }: CardError): string =>
  decline_code && code === GENERIC ? decline_code : (code ?? GENERIC);

/** @param error a card error, as the API sends it */
export function readDecline(error: CardError): Decline {
  const code = codeOf(error);
  const known = DECLINES[code];
  // Either code may be the one that must not be told.
  const undisclosed = [code, error.decline_code].some((one) => one && DECLINES[one] === 'undisclosed');
  const declineClass = undisclosed ? 'undisclosed' : withAdvice(known, error);
  const shownCode = known && !undisclosed ? code : GENERIC;
  return { code, class: declineClass, shownCode };
}

/** The issuer's advice is obeyed where it forbids; where it allows, it decides only about codes that the table does not know. */
function withAdvice(known: DeclineClass | undefined, error: CardError): DeclineClass {
  const { advice_code: advice, network_advice_code: network } = error;
  if (known === 'confirm_with_bank') return known;
  if (advice === 'do_not_try_again' || advice === 'confirm_card_data') return 'other_card';
  if (network && NETWORK_NEVER.has(network)) return 'other_card';
  return known ?? (advice === 'try_again_later' ? 'retry_later' : 'other_card');
}
