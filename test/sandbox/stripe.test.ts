import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { stripeSdk } from '../support/stripe-sdk.ts';
import { fault, stripeError } from '../support/vendor-errors.ts';

/** The stand-in is held to what Stripe documents, with Stripe's own SDK. */
let sandbox: Sandbox;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox();
  stripe = stripeSdk(sandbox);
});
afterAll(() => sandbox.close());

const authorize = (method = 'pm_card_visa', options: Stripe.RequestOptions = {}) =>
  stripe.paymentIntents.create(
    {
      amount: 1_000,
      currency: 'gbp',
      capture_method: 'manual',
      confirm: true,
      off_session: true,
      payment_method: method,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    },
    options,
  );

test('an authorization says when it expires: after 4 d 18 h for Visa, after 7 days for others', async () => {
  for (const [method, hours] of [
    ['pm_card_visa', 114],
    ['pm_card_mastercard', 168],
  ] as const) {
    const { id } = await authorize(method);
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    const before = (intent.latest_charge as Stripe.Charge).payment_method_details?.card?.capture_before ?? 0;
    expect(Math.round((before - Date.now() / 1_000) / 3_600)).toBe(hours);
  }
});

test('the same key gives the first answer again, 500s included; other parameters are an error', async () => {
  const first = await authorize('pm_card_visa', { idempotencyKey: 'same' });
  expect((await authorize('pm_card_visa', { idempotencyKey: 'same' })).id).toBe(first.id);
  await expect(
    stripe.paymentIntents.create({ amount: 2, currency: 'gbp' }, { idempotencyKey: 'same' }),
  ).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  sandbox.faults.add(stripeError('stripe.payment_intents.create', 500, { type: 'api_error' }));
  await expect(authorize('pm_card_visa', { idempotencyKey: 'stored' })).rejects.toBeInstanceOf(
    Stripe.errors.StripeAPIError,
  );
  await expect(authorize('pm_card_visa', { idempotencyKey: 'stored' })).rejects.toBeInstanceOf(
    Stripe.errors.StripeAPIError,
  );
});

test('after 24 hours a key is forgotten: the same call is made again', async () => {
  const first = await authorize('pm_card_visa', { idempotencyKey: 'forgotten' });
  sandbox.world.advance(24 * 3_600_000 - 60_000);
  expect((await authorize('pm_card_visa', { idempotencyKey: 'forgotten' })).id).toBe(first.id);
  sandbox.world.advance(60_000);
  expect((await authorize('pm_card_visa', { idempotencyKey: 'forgotten' })).id).not.toBe(first.id);
});

test('two requests under one key at once: one runs, the other is told so', async () => {
  sandbox.faults.add(
    fault({ target: 'stripe.payment_intents.create', fault: 'latency', delayMs: 200, after: 0 }),
  );
  const before = sandbox.stripe.payments.intents.size;
  const results = await Promise.allSettled(
    [1, 2, 3].map(() => authorize('pm_card_visa', { idempotencyKey: 'race' })),
  );
  expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
  expect(sandbox.stripe.payments.intents.size).toBe(before + 1);
});

test('a lost answer: the money is authorized, and the caller can not know', async () => {
  const before = sandbox.stripe.payments.intents.size;
  sandbox.faults.add(fault({ target: 'stripe.payment_intents.create', fault: 'lost_answer', times: 2 }));
  await expect(authorize()).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
  expect(sandbox.stripe.payments.intents.size).toBeGreaterThan(before);
});

test('captured once, at most what is authorized; a captured one can not be cancelled, a lapsed one not captured', async () => {
  const { id } = await authorize();
  await expect(stripe.paymentIntents.capture(id, { amount_to_capture: 1_001 })).rejects.toMatchObject({
    code: 'amount_too_large',
  });
  expect((await stripe.paymentIntents.capture(id)).status).toBe('succeeded');
  await expect(stripe.paymentIntents.capture(id)).rejects.toMatchObject({
    code: 'payment_intent_unexpected_state',
  });
  await expect(stripe.paymentIntents.cancel(id)).rejects.toMatchObject({
    code: 'payment_intent_unexpected_state',
  });
  await stripe.refunds.create({ payment_intent: id });
  await expect(stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  });
  const lapsing = await authorize();
  sandbox.world.advance(5 * 86_400_000);
  await expect(stripe.paymentIntents.capture(lapsing.id)).rejects.toMatchObject({
    code: 'charge_expired_for_capture',
  });
  expect((await stripe.paymentIntents.retrieve(lapsing.id)).status).toBe('canceled');
});

test.each([
  ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
])('%s is refused off-session with %s', async (method, code, decline_code) => {
  const refusal = (await authorize(method).catch((error: unknown) => error)) as Stripe.errors.StripeCardError;
  expect(refusal).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(refusal).toMatchObject({
    code,
    decline_code,
    payment_intent: { status: 'requires_payment_method' },
  });
});

test('its webhooks verify with the SDK', () => {
  const body = '{"id":"evt_1"}';
  const header = sandbox.webhooks.sign('stripe', body)['stripe-signature'] ?? '';
  expect(stripe.webhooks.constructEvent(body, header, 'sandbox-stripe-webhook')).toEqual({ id: 'evt_1' });
});
