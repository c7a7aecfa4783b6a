/** What a test payment method does when it is charged. Source: Stripe, "Testing". */
export interface TestCard {
  brand: string;
  last4: string;
  /** The refusal it meets when charged off-session. */
  decline?: { code: string; decline_code?: string; message: string };
  /** How long the issuer keeps an authorisation. Stripe: 4 days 18 hours for merchant-initiated Visa, else 7 days. */
  holdMs: number;
  refundFails?: boolean;
  disputes?: boolean;
}

const HOUR = 3_600_000;
const VISA_HOLD = (4 * 24 + 18) * HOUR;
const WEEK = 7 * 24 * HOUR;

const declined = (decline_code: string, message = 'Your card was declined.', code = 'card_declined') => ({
  brand: 'visa',
  last4: '0002',
  holdMs: VISA_HOLD,
  decline: { code, decline_code, message },
});

const CARDS: Record<string, TestCard> = {
  pm_card_visa: { brand: 'visa', last4: '4242', holdMs: VISA_HOLD },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444', holdMs: WEEK },
  pm_card_amex: { brand: 'amex', last4: '8431', holdMs: WEEK },
  pm_card_chargeCustomerFail: { ...declined('generic_decline'), last4: '0341' },
  pm_card_visa_chargeDeclined: declined('generic_decline'),
  pm_card_chargeDeclined: declined('generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: {
    ...declined('insufficient_funds', 'Your card has insufficient funds.'),
    last4: '9995',
  },
  pm_card_visa_chargeDeclinedInsufficientFunds: {
    ...declined('insufficient_funds', 'Your card has insufficient funds.'),
    last4: '9995',
  },
  pm_card_chargeDeclinedLostCard: { ...declined('lost_card'), last4: '9987' },
  pm_card_chargeDeclinedStolenCard: { ...declined('stolen_card'), last4: '9979' },
  pm_card_chargeDeclinedExpiredCard: {
    ...declined('expired_card', 'Your card has expired.', 'expired_card'),
    last4: '0069',
  },
  pm_card_chargeDeclinedIncorrectCvc: {
    ...declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
    last4: '0127',
  },
  pm_card_chargeDeclinedProcessingError: {
    ...declined('processing_error', 'An error occurred while processing your card.', 'processing_error'),
    last4: '0119',
  },
  pm_card_authenticationRequired: {
    brand: 'visa',
    last4: '3184',
    holdMs: VISA_HOLD,
    decline: {
      code: 'authentication_required',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
    },
  },
  pm_card_createDispute: { brand: 'visa', last4: '0259', holdMs: VISA_HOLD, disputes: true },
  pm_card_refundFail: { brand: 'visa', last4: '5126', holdMs: VISA_HOLD, refundFails: true },
};

export const testCard = (id: string): TestCard | undefined => CARDS[id];
