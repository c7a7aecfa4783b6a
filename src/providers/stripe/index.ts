import Stripe from 'stripe';
import type { Money } from '../../domain/money.ts';
import { Permanent } from '../../errors.ts';
import { asUnknown, createCircuit } from '../resilience.ts';
import { classify, classifyRead } from './errors.ts';
import { type Hold, type ListedHold, toHold, toListedHold, toStripe } from './normalize.ts';

export { Declined } from './errors.ts';
export { type Hold, type ListedHold, toStripe } from './normalize.ts';

export interface Card {
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
}

/** Every call that moves money takes a deterministic key; Stripe answers the same key with the same result for 24 h. */
export interface PaymentProvider {
  createCustomer(userId: string): Promise<string>;
  /** @returns the client secret with which the browser saves a card for off-session use */
  startCardSetup(customerId: string): Promise<string>;
  saveCard(customerId: string, paymentMethodId: string): Promise<Card>;
  removeCard(paymentMethodId: string): Promise<void>;
  /** @throws Declined · Permanent · Retryable it did not begin · OutcomeUnknown look it up with holdsOf */
  authorize(request: AuthorizeRequest): Promise<Hold>;
  hold(paymentIntentId: string): Promise<Hold>;
  /** The customer's latest holds, newest first: how a lost answer is looked up. */
  holdsOf(customerId: string): Promise<readonly ListedHold[]>;
  /** All holds of the account since then, newest first. */
  holdsSince(since: Date): Promise<readonly ListedHold[]>;
  /** @returns the hold as it stands after the call */
  capture(paymentIntentId: string, amount: Money, key: string): Promise<Hold>;
  release(paymentIntentId: string, key: string): Promise<void>;
  refund(paymentIntentId: string, amount: Money, key: string): Promise<void>;
  readonly circuit: () => string;
}

export interface AuthorizeRequest {
  readonly key: string;
  readonly customerId: string;
  readonly paymentMethodId: string;
  readonly amount: Money;
  readonly attemptId: string;
  readonly tripId: string;
}

const CALL_TIMEOUT_MS = 20_000;
/** Room for the SDK's own repeats under the same key. */
const CALL_DEADLINE_MS = 65_000;
const NETWORK_RETRIES = 2;
/** Stripe's largest page. */
const PAGE = 100;

export function createStripe(options: { secretKey: string; baseUrl: string }): PaymentProvider {
  const base = new URL(options.baseUrl);
  const protocol = base.protocol === 'http:' ? 'http' : 'https';
  const stripe = new Stripe(options.secretKey, {
    host: base.hostname,
    port: base.port || (protocol === 'http' ? 80 : 443),
    protocol,
    timeout: CALL_TIMEOUT_MS,
    maxNetworkRetries: NETWORK_RETRIES,
    telemetry: false,
    httpClient: withPathPrefix(base.pathname.replace(/\/$/, '')),
  });
  const circuit = createCircuit('stripe');

  const read = <T>(call: () => Promise<T>): Promise<T> => guarded(call, classifyRead);
  const write = <T>(call: () => Promise<T>): Promise<T> =>
    guarded(call, classify).catch((error: unknown) => {
      throw asTimedOutWrite(error);
    });

  function guarded<T>(call: () => Promise<T>, sort: (error: unknown) => Error): Promise<T> {
    return circuit.run(CALL_DEADLINE_MS, async () => {
      try {
        return recognised(await call());
      } catch (error) {
        throw sort(error);
      }
    });
  }

  return {
    async createCustomer(userId) {
      const customer = await write(() =>
        stripe.customers.create({ metadata: { user_id: userId } }, { idempotencyKey: `customer:${userId}` }),
      );
      return customer.id;
    },
    async startCardSetup(customerId) {
      const setup = await write(() =>
        stripe.setupIntents.create({ customer: customerId, usage: 'off_session' }),
      );
      if (!setup.client_secret) throw new Permanent('no_client_secret', 'Stripe sent no client secret');
      return setup.client_secret;
    },
    async saveCard(customerId, paymentMethodId) {
      const method = await write(() =>
        stripe.paymentMethods.attach(paymentMethodId, { customer: customerId }),
      );
      if (!method.card) throw new Permanent('not_a_card', 'the payment method is not a card');
      const { brand, last4, exp_month, exp_year } = method.card;
      return { paymentMethodId: method.id, brand, last4, expMonth: exp_month, expYear: exp_year };
    },
    async removeCard(paymentMethodId) {
      await write(() => stripe.paymentMethods.detach(paymentMethodId));
    },
    async authorize({ key, customerId, paymentMethodId, amount, attemptId, tripId }) {
      const intent = await write(() =>
        stripe.paymentIntents.create(
          {
            amount: toStripe(amount),
            currency: amount.currency.toLowerCase(),
            customer: customerId,
            payment_method: paymentMethodId,
            capture_method: 'manual',
            confirm: true,
            off_session: true,
            metadata: { attempt_id: attemptId, trip_id: tripId },
          },
          { idempotencyKey: key },
        ),
      );
      // The stored answer of a repeated call may be old: what counts is how the hold stands now.
      return this.hold(intent.id);
    },
    async hold(paymentIntentId) {
      return toHold(
        await read(() => stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge'] })),
      );
    },
    async holdsOf(customerId) {
      const list = await read(() =>
        stripe.paymentIntents.list({
          customer: customerId,
          limit: PAGE,
          expand: ['data.latest_charge'],
        }),
      );
      return list.data.map(toListedHold);
    },
    async holdsSince(since) {
      const found: ListedHold[] = [];
      for (let after: string | undefined; ; ) {
        const page = await read(() =>
          stripe.paymentIntents.list({
            created: { gte: Math.floor(since.getTime() / 1_000) },
            limit: PAGE,
            expand: ['data.latest_charge'],
            ...(after && { starting_after: after }),
          }),
        );
        found.push(...page.data.map(toListedHold));
        after = page.data.at(-1)?.id;
        if (!page.has_more || !after) return found;
      }
    },
    async capture(paymentIntentId, amount, key) {
      const params = { amount_to_capture: toStripe(amount), expand: ['latest_charge'] };
      return toHold(
        await write(() => stripe.paymentIntents.capture(paymentIntentId, params, { idempotencyKey: key })),
      );
    },
    async release(paymentIntentId, key) {
      await write(() => stripe.paymentIntents.cancel(paymentIntentId, {}, { idempotencyKey: key }));
    },
    async refund(paymentIntentId, amount, key) {
      const params = { payment_intent: paymentIntentId, amount: toStripe(amount) };
      await write(() => stripe.refunds.create(params, { idempotencyKey: key }));
    },
    circuit: circuit.state,
  };
}

/** The SDK takes any JSON without an `error` for a success, whatever its status: a proxy's 502 page in JSON, say. */
function recognised<T>(answer: T): T {
  if (typeof (answer as { object?: unknown } | null)?.object === 'string') return answer;
  throw new TypeError('the answer is not an object of Stripe');
}

/** An open circuit never sent the call; a deadline that passed in mid-call says nothing about its effect. */
function asTimedOutWrite(error: unknown): unknown {
  return (error as { code?: string }).code === 'stripe_timeout' ? asUnknown(error) : error;
}

/** The SDK takes host and port but no path; the client it may be given is where a prefix fits. */
function withPathPrefix(prefix: string): ReturnType<typeof Stripe.createNodeHttpClient> {
  const client = Stripe.createNodeHttpClient();
  if (!prefix) return client;
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = (host, port, path, ...rest) => makeRequest(host, port, prefix + path, ...rest);
  return client;
}
