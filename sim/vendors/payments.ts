import { Refusal } from '../../sandbox/operation.ts';
import type { StripeProblem } from '../../sandbox/stripe/errors.ts';
import type { PaymentIntent } from '../../sandbox/stripe/types.ts';
import { OutcomeUnknown, Retryable } from '../../src/errors.ts';
import type { PaymentProvider } from '../../src/ports/payments.ts';
import { metadataOf } from '../../src/providers/deployment.ts';
import { sortReadings } from '../../src/providers/lenient.ts';
import { type StripeFailure, toError } from '../../src/providers/stripe/errors.ts';
import { cursorAfter } from '../../src/providers/stripe/list-authorizations.ts';
import { readIntent, toAuthorization, toStripe } from '../../src/providers/stripe/normalise.ts';
import { toDispute, toRefund } from '../../src/providers/stripe/refunds.ts';
import type { BookingPorts } from '../../src/services/booking/ports.ts';
import { disputeLater, refundBy } from '../after-ticket/bank.ts';
import { DEPLOYMENT, pageOf, type Vendors } from './vendors.ts';

export type SimulatedPayments = BookingPorts['payments'] &
  Pick<
    PaymentProvider,
    'confirmation' | 'authorizationsSince' | 'refundsOf' | 'disputesOf' | 'disputesSince'
  > & {
    /** What the issuer says to the next authorization, in place of what its card would; used up by it. */
    decline: string | null;
  };

/** Stripe forgets idempotency keys after a day. */
const KEYS_KEPT_MS = 24 * 3_600_000;

/** Stripe over the sandbox's card network: our own normalisers and classifiers, without HTTP. */
export function createPayments(vendors: Vendors): SimulatedPayments {
  const { payments, world, answers, unreadable } = vendors;
  const refundCalls = new Map<string, number>();

  const expanded = (intent: PaymentIntent) => {
    const charge = payments.charges.get(String(intent.latest_charge)) ?? null;
    return { ...intent, latest_charge: charge };
  };

  /** A page of those that fit, newest first. */
  function list(fits: (intent: PaymentIntent) => boolean, after: string | null) {
    const { page, next } = pageOf([...payments.intents.values()].filter(fits).reverse(), after);
    const shown = unreadable.rows(
      'payment',
      page.map(({ id }) => expanded(payments.find(id))),
    );
    const readings = shown.bodies.map((body) => readIntent(body, DEPLOYMENT));
    const sorted = sortReadings(readings, 'authorization', () => undefined);
    unreadable.check('authorizations', shown, sorted);
    return { ...sorted, next: cursorAfter(shown.bodies, next !== null) };
  }

  /** The sandbox's refusals, classified as our provider classifies Stripe's. */
  function read<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw error instanceof Refusal ? toError(describeRefusal(error)) : error;
    }
  }

  /** The first answer to a key is the answer to all its repeats; the same key with other parameters is refused. */
  function once<T>(key: string, parameters: unknown, effect: () => T): T {
    const fingerprint = JSON.stringify(parameters);
    const known = answers.get(key);
    if (known && world.now() - known.at < KEYS_KEPT_MS) {
      if (known.fingerprint !== fingerprint)
        throw toError({ kind: 'refused', code: 'StripeIdempotencyError' });
      if (known.error) throw known.error;
      return known.result as T;
    }
    const at = world.now();
    try {
      const result = read(effect);
      vendors.effects += 1;
      answers.set(key, { fingerprint, at, result });
      return result;
    } catch (error) {
      answers.set(key, { fingerprint, at, error });
      throw error;
    }
  }

  const authorization = async (id: string) =>
    read(() => toAuthorization(unreadable.byId('payment', expanded(payments.find(id))), DEPLOYMENT));
  /** After a call that moved money, as src/providers/stripe/index.ts reads it. */
  const afterCall = (id: string) =>
    authorization(id).catch((error: unknown) => {
      throw error instanceof Retryable ? new OutcomeUnknown(error.code, error.message) : error;
    });

  /** The card that pays; one with a behaviour of its own while the issuer says no. */
  function cardFor(paymentMethodId: string, customerId: string, decline: string | null) {
    if (decline === null) return { id: paymentMethodId, restore: () => undefined };
    const method = payments.method(paymentMethodId, customerId);
    const usual = method.card_behaviour;
    method.card_behaviour = { ...usual, decline: { ...declineOf(decline), message: 'No.' } };
    return {
      id: method.id,
      restore: () => {
        method.card_behaviour = usual;
      },
    };
  }

  const provider: SimulatedPayments = {
    decline: null,
    async authorize({ key, amount, customerId, paymentMethodId, attemptId, tripId }) {
      const card = cardFor(paymentMethodId, customerId, provider.decline);
      provider.decline = null;
      const make = () => {
        const intent = payments.create({
          amount: toStripe(amount),
          currency: amount.currency.toLowerCase(),
          customer: customerId,
          payment_method: card.id,
          automatic_payment_methods: { enabled: 'true', allow_redirects: 'never' },
          capture_method: 'manual',
          confirm: 'true',
          off_session: 'true',
          metadata: metadataOf(DEPLOYMENT, { attempt_id: attemptId, trip_id: tripId }),
        });
        const charge = payments.charges.get(String(intent.latest_charge));
        if (charge)
          charge.payment_method_details.card.capture_before =
            payments.unix() + Math.floor(vendors.authorizationLifeMs / 1_000);
        return intent;
      };
      try {
        const { id } = once(key, { amount, customerId, paymentMethodId, attemptId }, make);
        return await afterCall(id);
      } finally {
        card.restore();
      }
    },
    authorization,
    async confirmation(id) {
      const intent = read(() => payments.find(id));
      const failed = intent.last_payment_error as { payment_method?: { id: string } } | null;
      return {
        authorization: toAuthorization(expanded(intent), DEPLOYMENT),
        clientSecret: intent.client_secret,
        paymentMethodId: intent.payment_method ?? failed?.payment_method?.id ?? null,
      };
    },
    authorizationsOf: async (customerId, since, after) =>
      list(({ customer, created }) => customer === customerId && created * 1_000 >= since.getTime(), after),
    authorizationsSince: async (since, after) =>
      list(({ created }) => created * 1_000 >= since.getTime(), after),
    async capture(id, amount, key) {
      once(key, { id, amount }, () => {
        const intent = payments.find(id);
        payments.capture(intent, toStripe(amount));
        disputeLater(vendors, intent);
      });
      return afterCall(id);
    },
    async void(id, key) {
      once(key, { id }, () => payments.cancel(payments.find(id), null));
    },
    async refund(id, amount, key, attemptId) {
      const metadata = metadataOf(DEPLOYMENT, { attempt_id: attemptId, refund_key: key });
      const made = once(key, { id, amount }, () => {
        const intent = payments.find(id);
        const refund = () => payments.refund(intent, toStripe(amount), { metadata });
        return structuredClone(refundBy(vendors, intent, refundCalls, refund));
      });
      return toRefund(made as never);
    },
    refundsOf: async (id) =>
      payments.refunds
        .filter(({ payment_intent }) => payment_intent === id)
        .map((one) => toRefund(one as never)),
    disputesOf: async (id) =>
      payments.disputes.all
        .filter(({ payment_intent }) => payment_intent === id)
        .map((one) => toDispute(one as never)),
    disputesSince: async (since) =>
      payments.disputes.all
        .filter(({ created }) => created * 1_000 >= since.getTime())
        .map((one) => toDispute(one as never)),
  };
  return provider;
}

/** Stripe's own code stands before the issuer's, but for those that it has words of its own for. */
const declineOf = (code: string) =>
  code === 'authentication_required' ? { code } : { code: 'card_declined', decline_code: code };

function describeRefusal({ reply: { status, body } }: Refusal): StripeFailure {
  const { error } = body as { error: StripeProblem };
  if (status !== 402) return { kind: 'refused', code: error.code ?? 'StripeInvalidRequestError' };
  const intent = error.payment_intent as { id: string } | undefined;
  return { kind: 'declined', error, paymentIntentId: intent?.id ?? null };
}
