import { randomUUID } from 'node:crypto';
import type { Fault } from '../../sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createStripe } from '../../src/providers/stripe/index.ts';
import type { FailWrite } from '../contracts/payments/payments-under-test.ts';
import { type PaymentsUnderTest, paymentsContract } from '../contracts/payments.contract.ts';
import { fault, stripeError } from '../support/vendor-errors.ts';

/** A call and the SDK's two repeats of it. */
const EVERY_TRY = 3;
const TARGETS = {
  authorize: 'stripe.payment_intents.create',
  capture: 'stripe.payment_intents.capture',
  void: 'stripe.payment_intents.cancel',
  refund: 'stripe.refunds.create',
};

/** Fails a write and every repeat of it. */
const failing =
  (failure: (target: string) => Fault): FailWrite =>
  (sandbox, verb) =>
    sandbox.faults.add({ ...failure(TARGETS[verb]), times: EVERY_TRY });
const answering = (status: number, type: string, code: string) =>
  failing((target) => stripeError(target, status, { type, code }));

/** A decline that the stand-in has no card for. */
const declinedWith = (decline_code: string) => ({
  code: decline_code,
  arrange: ({ faults }: Sandbox) => {
    const error = { type: 'card_error', code: 'card_declined', decline_code, message: 'declined' };
    faults.add(fault({ target: TARGETS.authorize, fault: 'status', status: 402, body: { error } }));
  },
});

const NO_FUNDS = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No.' };

const stripe: PaymentsUnderTest = {
  name: 'stripe',
  async start() {
    const sandbox = await startSandbox();
    const payments = createStripe({
      secretKey: 'sk_test_sandbox',
      baseUrl: `${sandbox.url}/stripe`,
      deployment: 'parker.example',
    });
    return { sandbox, payments, close: () => sandbox.close() };
  },
  cards: {
    accepted: 'pm_card_visa',
    saved: { card: 'pm_card_mastercard', brand: 'mastercard', last4: '4444' },
  },
  declines: {
    retry_later: [
      { code: 'processing_error', card: 'pm_card_chargeDeclinedProcessingError' },
      declinedWith('approve_with_id'),
      declinedWith('issuer_not_available'),
      declinedWith('reenter_transaction'),
      declinedWith('try_again_later'),
    ],
    other_card: [
      { code: 'generic_decline', card: 'pm_card_chargeCustomerFail' },
      { code: 'insufficient_funds', card: 'pm_card_chargeDeclinedInsufficientFunds' },
      { code: 'expired_card', card: 'pm_card_chargeDeclinedExpiredCard' },
      { code: 'incorrect_cvc', card: 'pm_card_chargeDeclinedIncorrectCvc' },
      declinedWith('a_code_of_next_year'),
    ],
    confirm_with_bank: [{ code: 'authentication_required', card: 'pm_card_authenticationRequired' }],
    undisclosed: [
      { code: 'lost_card', card: 'pm_card_chargeDeclinedLostCard' },
      { code: 'stolen_card', card: 'pm_card_chargeDeclinedStolenCard' },
      declinedWith('fraudulent'),
      declinedWith('merchant_blacklist'),
      declinedWith('pickup_card'),
      declinedWith('restricted_card'),
      declinedWith('security_violation'),
    ],
  },
  confirmation: {
    card: 'pm_card_authenticationRequired',
    answer({ stripe: { payments } }, { clientSecret, paymentMethodId }, bank) {
      const intent = payments.find(clientSecret.split('_secret_')[0]);
      const method = payments.method(String(paymentMethodId));
      if (bank === 'declined')
        method.card_behaviour = { ...method.card_behaviour, declineOnSession: NO_FUNDS };
      if (intent.status === 'requires_payment_method') intent.payment_method = method.id;
      payments.confirm(intent, false);
      payments.authenticate(intent, bank !== 'fails');
    },
  },
  amounts: [
    { amount: { minor: 12_345, currency: 'GBP' }, sent: 12_345 },
    { amount: { minor: 12_345, currency: 'JPY' }, sent: 12_345 },
    { amount: { minor: 12_345, currency: 'ISK' }, sent: 1_234_500 },
    { amount: { minor: 12_345, currency: 'UGX' }, sent: 1_234_500 },
    { amount: { minor: 12_340, currency: 'KWD' }, sent: 12_340 },
  ],
  tooFine: { minor: 12_345, currency: 'KWD' },
  missingAuthorizationId: 'pi_missing',

  unknown: [
    {
      title: 'the answer is lost',
      fail: failing((target) => fault({ target, fault: 'lost_answer' })),
      happened: true,
    },
    {
      title: 'the connection is reset',
      fail: failing((target) => fault({ target, fault: 'reset' })),
      happened: false,
    },
    { title: '500', fail: answering(500, 'api_error', 'api_error'), happened: false },
    {
      title: "a proxy's 502 in JSON",
      fail: failing((target) =>
        fault({ target, fault: 'status', status: 502, body: { message: 'bad gateway' } }),
      ),
      happened: false,
    },
    {
      title: "a proxy's 200 in JSON",
      fail: failing((target) => fault({ target, fault: 'status', status: 200, body: { message: 'hello' } })),
      happened: false,
    },
  ],
  turnedAway: [
    { title: '429', fail: once(429, 'invalid_request_error', 'rate_limit') },
    { title: '409 lock_timeout', fail: answering(409, 'invalid_request_error', 'lock_timeout') },
    {
      title: '409 idempotency_key_in_use',
      fail: answering(409, 'invalid_request_error', 'idempotency_key_in_use'),
    },
  ],
  accountTroubles: [
    { title: '401 of an expired key', fail: once(401, 'invalid_request_error', 'api_key_expired') },
    { title: '403 of a missing permission', fail: once(403, 'invalid_request_error', 'account_invalid') },
  ],
  advised: [
    {
      title: 'processing_error, never again',
      ...advice('processing_error', 'do_not_try_again'),
      declineClass: 'other_card',
    },
    {
      title: 'an unknown code, soon again',
      ...advice('a_code_of_next_year', 'try_again_later'),
      declineClass: 'retry_later',
    },
    {
      title: 'insufficient_funds, soon again',
      ...advice('insufficient_funds', 'try_again_later'),
      declineClass: 'other_card',
    },
    {
      title: 'stolen_card, soon again',
      ...advice('stolen_card', 'try_again_later'),
      declineClass: 'undisclosed',
    },
  ],
  spoil({ stripe: { payments } }, paymentIntentId) {
    Object.assign(payments.find(paymentIntentId), { amount: null });
  },
  renameMaker({ stripe: { payments } }, paymentIntentId, deployment) {
    const intent = payments.find(paymentIntentId);
    const { deployment: _, ...metadata } = intent.metadata;
    intent.metadata = deployment ? { ...metadata, deployment } : metadata;
  },
  refused: [
    { title: '400 parameter_unknown', fail: once(400, 'invalid_request_error', 'parameter_unknown') },
    { title: '404', fail: once(404, 'invalid_request_error', 'resource_missing') },
  ],
  amountRefusals: [
    { title: '400 amount_too_small', fail: once(400, 'invalid_request_error', 'amount_too_small') },
  ],
  failReads({ faults }, times) {
    const target = 'stripe.payment_intents.retrieve';
    faults.add({ ...stripeError(target, 500, { type: 'api_error' }), times });
  },
  lapse: ({ world }) => world.advance(8 * 86_400_000),
  booked: ({ stripe: { payments } }) =>
    [...payments.intents.values()].map(({ id, amount, amount_received, latest_charge }) => ({
      paymentIntentId: id,
      amount,
      captured: amount_received,
      refunded: payments.charges.get(String(latest_charge))?.amount_refunded ?? 0,
    })),
  hideId: ({ stripe: { payments } }, paymentIntentId) =>
    void Object.assign(payments.find(paymentIntentId), { id: null }),
  copyAuthorization({ stripe: { payments } }, paymentIntentId, copies) {
    const intent = payments.find(paymentIntentId);
    for (let made = 0; made < copies; made += 1) {
      const id = `pi_${randomUUID()}`;
      payments.intents.set(id, { ...intent, id });
    }
  },
};

/** A decline with the issuer's advice. */
function advice(decline_code: string, advice_code: string) {
  const error = { type: 'card_error', code: 'card_declined', decline_code, advice_code };
  return {
    arrange: ({ faults }: Sandbox) => faults.add(stripeError(TARGETS.authorize, 402, error)),
  };
}

/** Fails a write that the SDK does not repeat. */
function once(status: number, type: string, code: string): FailWrite {
  return ({ faults }, verb) => faults.add(stripeError(TARGETS[verb], status, { type, code }));
}

paymentsContract(stripe);
