import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('a bank that asks back', () => {
  const declined = async (method = 'pm_card_authenticationRequired') => {
    const error = await authorize(method).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    const { code, payment_intent: intent } = error as Stripe.errors.StripeCardError;
    expect(code).toBe('authentication_required');
    const paymentMethod = intent?.last_payment_error?.payment_method?.id as string;
    return { intent: intent as Stripe.PaymentIntent, secret: intent?.client_secret as string, paymentMethod };
  };
  /** As Stripe.js calls it, with the key that browsers have. */
  const fromBrowser = (path: string, body: Record<string, string>, key = 'pk_test_sandbox') =>
    fetch(`${sandbox.url}/stripe/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: new URLSearchParams(body),
    });

  test('declined off session → the intent wants a payment method again, and its error names the card', async () => {
    const { intent } = await declined();
    expect(intent).toMatchObject({ status: 'requires_payment_method', payment_method: null });
    await expect(stripe.paymentIntents.confirm(intent.id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  test('confirmed on session with its card → the payer acts, then the same intent is authorized for 7 days', async () => {
    const { intent, secret, paymentMethod } = await declined();
    const body = { client_secret: secret, payment_method: paymentMethod };
    const confirmed = await fromBrowser(`v1/payment_intents/${intent.id}/confirm`, body);
    expect(await confirmed.json()).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk' },
    });
    await fromBrowser(`bank/${intent.id}`, { client_secret: secret, proven: 'true' });
    const now = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    expect(now).toMatchObject({
      status: 'requires_capture',
      next_action: null,
      capture_method: 'manual',
      last_payment_error: null,
    });
    const { payment_method_details } = now.latest_charge as Stripe.Charge;
    const before = payment_method_details?.card?.capture_before ?? 0;
    expect(Math.round((before - now.created) / 3_600)).toBe(168);
  });

  test('a payer who does not prove it, and one whose bank then says no → a payment method is wanted again', async () => {
    for (const [method, proven, code] of [
      ['pm_card_authenticationRequired', 'false', 'payment_intent_authentication_failure'],
      ['pm_card_authenticationRequiredThenDeclined', 'true', 'card_declined'],
    ] as const) {
      const { intent, secret, paymentMethod } = await declined(method);
      await stripe.paymentIntents.confirm(intent.id, { payment_method: paymentMethod });
      await fromBrowser(`bank/${intent.id}`, { client_secret: secret, proven });
      const now = await stripe.paymentIntents.retrieve(intent.id);
      expect(now).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
    }
  });

  test('a cancelled intent is confirmed no more', async () => {
    const { intent, secret, paymentMethod } = await declined();
    await stripe.paymentIntents.cancel(intent.id);
    const body = { client_secret: secret, payment_method: paymentMethod };
    expect((await fromBrowser(`v1/payment_intents/${intent.id}/confirm`, body)).status).toBe(400);
  });

  test('a browser may confirm the intent whose secret it has, and nothing else', async () => {
    const [mine, theirs] = [await declined(), await declined()];
    const path = `v1/payment_intents/${theirs.intent.id}/confirm`;
    const body = { payment_method: theirs.paymentMethod };
    for (const client_secret of ['', mine.secret])
      expect((await fromBrowser(path, { ...body, client_secret })).status).toBe(400);
    const cancel = await fromBrowser(`v1/payment_intents/${mine.intent.id}/cancel`, {
      client_secret: mine.secret,
    });
    expect(cancel.status).toBe(403);
    const offSession = { ...body, client_secret: theirs.secret, off_session: 'true' };
    expect((await fromBrowser(path, offSession)).status).toBe(400);
  });
});
