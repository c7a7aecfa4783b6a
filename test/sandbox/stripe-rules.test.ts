import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { stripeSdk } from '../support/stripe-sdk.ts';

/** What Stripe refuses before any money moves; the stand-in refuses it too. */
let sandbox: Sandbox;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox();
  stripe = stripeSdk(sandbox);
});
afterAll(() => sandbox.close());

const HERE = { enabled: true, allow_redirects: 'never' } as const;

const create = (changes: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 42_000,
    currency: 'gbp',
    capture_method: 'manual',
    confirm: true,
    off_session: true,
    payment_method: 'pm_card_visa',
    automatic_payment_methods: HERE,
    ...changes,
  });
const refused = async (params: Partial<Stripe.PaymentIntentCreateParams>, error: object) => {
  const before = sandbox.stripe.payments.intents.size;
  await expect(create(params)).rejects.toMatchObject({ statusCode: 400, ...error });
  expect(sandbox.stripe.payments.intents.size).toBe(before);
};

describe('how an intent is confirmed', () => {
  test('the methods of the Dashboard need a return_url; those that never redirect do not', async () => {
    const none = { automatic_payment_methods: undefined as never };
    await refused(none, { param: 'return_url' });
    await refused({ automatic_payment_methods: { enabled: true } }, { param: 'return_url' });
    const back = { return_url: 'https://parker.example/back' };
    for (const changes of [{}, { ...none, ...back }])
      expect((await create(changes)).status).toBe('requires_capture');
  });

  test('the types of an intent are no longer given', () =>
    refused({ payment_method_types: ['card'] } as never, {
      code: 'payment_method_types_no_longer_supported',
    }));

  test('off_session belongs to a confirmation', () => refused({ confirm: false }, { param: 'off_session' }));
});

describe('amounts', () => {
  test.each([
    ['gbp', 29, 30],
    ['usd', 49, 50],
    ['jpy', 49, 50],
    ['huf', 17_400, 17_500],
  ])('%s: %i is too small, %i is not', async (currency, small, least) => {
    await refused({ currency, amount: small }, { code: 'amount_too_small' });
    expect((await create({ currency, amount: least })).amount).toBe(least);
  });

  test.each([
    ['isk', 42_050],
    ['ugx', 42_001],
    ['kwd', 12_345],
  ])('%s is not counted as finely as %i', (currency, amount) =>
    refused({ currency, amount }, { code: 'parameter_invalid_integer' }),
  );

  test('twelve digits at most, nine with American Express', async () => {
    await refused({ amount: 10 ** 12 }, { code: 'amount_too_large' });
    await refused({ amount: 10 ** 9, payment_method: 'pm_card_amex' }, { code: 'amount_too_large' });
    expect((await create({ amount: 10 ** 9 })).amount).toBe(10 ** 9);
  });

  test('a currency in capitals is none', () => refused({ currency: 'GBP' }, { param: 'currency' }));
});

describe('currencies', () => {
  test.each(['cup', 'irr', 'gbpx'])('no card is charged in %s', (currency) =>
    refused({ currency }, { param: 'currency' }),
  );
});

describe('metadata', () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key_${index}`, 'x']));
  test('50 keys at most, of 40 characters, with values of 500; no square brackets', async () => {
    await refused({ metadata: keys(51) }, { param: 'metadata' });
    await refused({ metadata: { ['k'.repeat(41)]: 'x' } }, {});
    await refused({ metadata: { key: 'v'.repeat(501) } }, { param: 'metadata[key]' });
    const most = { ...keys(49), ['k'.repeat(40)]: 'v'.repeat(500) };
    expect((await create({ metadata: most })).metadata).toEqual(most);
  });

  test('of a customer, a refund and a set-up, too', async () => {
    const metadata = { key: 'v'.repeat(501) };
    const { id } = await create();
    await stripe.paymentIntents.capture(id);
    for (const call of [
      stripe.customers.create({ metadata }),
      stripe.refunds.create({ payment_intent: id, metadata }),
      stripe.setupIntents.create({ metadata }),
    ])
      await expect(call).rejects.toMatchObject({ statusCode: 400, param: 'metadata[key]' });
  });
});

describe('lists', () => {
  test('a page begins after an object that exists, and has 1 to 100', async () => {
    const refuses = (params: Stripe.PaymentIntentListParams, param: string) =>
      expect(stripe.paymentIntents.list(params)).rejects.toMatchObject({ statusCode: 400, param });
    await refuses({ starting_after: 'pi_none' }, 'starting_after');
    await refuses({ limit: 101 }, 'limit');
  });
});

describe('cards', () => {
  const saved = async () => {
    const customer = await stripe.customers.create();
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    return { customer: customer.id, method: method.id };
  };

  test('one that is attached is not attached again, to nobody', async () => {
    const { customer, method } = await saved();
    for (const to of [customer, (await stripe.customers.create()).id])
      await expect(stripe.paymentMethods.attach(method, { customer: to })).rejects.toMatchObject({
        statusCode: 400,
        message: 'The payment method you provided has already been attached to a customer.',
      });
  });

  test("another customer's pays nothing", async () => {
    const { method } = await saved();
    const { id } = await stripe.customers.create();
    await refused({ customer: id, payment_method: method }, { param: 'payment_method' });
    await refused({ payment_method: method }, { param: 'payment_method' });
    const waiting = await create({
      customer: id,
      payment_method: undefined as never,
      confirm: false,
      off_session: undefined as never,
    });
    await expect(stripe.paymentIntents.confirm(waiting.id, { payment_method: method })).rejects.toMatchObject(
      {
        statusCode: 400,
        param: 'payment_method',
      },
    );
  });

  test('one that was detached is never used again', async () => {
    const { customer, method } = await saved();
    await stripe.paymentMethods.detach(method);
    await expect(stripe.paymentMethods.attach(method, { customer })).rejects.toMatchObject({
      statusCode: 400,
    });
    await refused({ customer, payment_method: method }, { param: 'payment_method' });
  });
});
