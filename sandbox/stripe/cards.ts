/** What a test payment method does when it is charged. Source: Stripe, "Testing". */
export interface TestCard {
  brand: string;
  last4: string;
  /** The refusal it meets when charged off-session. */
  decline?: { code: string; decline_code?: string; message: string };
  /** The refusal it meets on session, once its holder has proven who they are. */
  declineOnSession?: { code: string; decline_code?: string; message: string };
  /** How long the issuer keeps an authorization. Stripe: 4 days 18 hours for merchant-initiated Visa, else 7 days. */
  authorizationMs: number;
  refunds?: RefundBehaviour;
  disputes?: 'chargeback' | 'inquiry';
}

/** What becomes of a refund to the card by itself, a while after it was taken. */
export type RefundBehaviour = 'pends' | 'pends_then_fails' | 'fails_after_success';

const HOUR_MS = 3_600_000;
const VISA_AUTHORIZATION_MS = (4 * 24 + 18) * HOUR_MS;
/** Of a card whose holder was there, on every network. Source: Stripe, "Place a hold on a payment method". */
export const WEEK_MS = 7 * 24 * HOUR_MS;

const declined = (decline_code: string, message = 'Your card was declined.', code = 'card_declined') => ({
  brand: 'visa',
  last4: '0002',
  authorizationMs: VISA_AUTHORIZATION_MS,
  decline: { code, decline_code, message },
});

const CARDS: Record<string, TestCard> = {
  pm_card_visa: { brand: 'visa', last4: '4242', authorizationMs: VISA_AUTHORIZATION_MS },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444', authorizationMs: WEEK_MS },
  pm_card_amex: { brand: 'amex', last4: '8431', authorizationMs: WEEK_MS },
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
    authorizationMs: VISA_AUTHORIZATION_MS,
    decline: {
      code: 'authentication_required',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
    },
  },
  /** Stripe's 4000008260003178, which has no token there: its bank asks back, and then says no. */
  pm_card_authenticationRequiredThenDeclined: {
    brand: 'visa',
    last4: '3178',
    authorizationMs: VISA_AUTHORIZATION_MS,
    decline: {
      code: 'authentication_required',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
    },
    declineOnSession: {
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      message: 'Your card has insufficient funds.',
    },
  },
  pm_card_createDispute: {
    brand: 'visa',
    last4: '0259',
    authorizationMs: VISA_AUTHORIZATION_MS,
    disputes: 'chargeback',
  },
  pm_card_createDisputeInquiry: {
    brand: 'visa',
    last4: '1976',
    authorizationMs: VISA_AUTHORIZATION_MS,
    disputes: 'inquiry',
  },
  pm_card_pendingRefund: {
    brand: 'visa',
    last4: '7726',
    authorizationMs: VISA_AUTHORIZATION_MS,
    refunds: 'pends',
  },
  /** Not one of Stripe's: a refund that pends and then fails has no test card there. */
  pm_card_pendingRefundFail: {
    brand: 'visa',
    last4: '7727',
    authorizationMs: VISA_AUTHORIZATION_MS,
    refunds: 'pends_then_fails',
  },
  pm_card_refundFail: {
    brand: 'visa',
    last4: '5126',
    authorizationMs: VISA_AUTHORIZATION_MS,
    refunds: 'fails_after_success',
  },
};

export const testCard = (id: string): TestCard | undefined => CARDS[id];
