import Stripe from 'stripe';
import { Refusal } from '../../sandbox/operation.ts';
import type { StripeProblem } from '../../sandbox/stripe/errors.ts';
import type { PaymentIntent } from '../../sandbox/stripe/types.ts';
import { classify } from '../../src/providers/stripe/errors.ts';
import type { PaymentProvider } from '../../src/providers/stripe/index.ts';
import { toHold, toListedHold, toStripe } from '../../src/providers/stripe/normalize.ts';
import type { SagaPorts } from '../../src/services/booking/ports.ts';
import type { Vendors } from './vendors.ts';

export type SimulatedPayments = SagaPorts['payments'] & Pick<PaymentProvider, 'holdsSince'>;

/** Stripe forgets idempotency keys after a day. */
const KEYS_KEPT_MS = 24 * 3_600_000;

/** Stripe over the sandbox's card network: our own normalisers and classifiers, without HTTP. */
export function createPayments(vendors: Vendors): SimulatedPayments {
  const { payments, world, answers } = vendors;

  const expanded = (intent: PaymentIntent): Stripe.PaymentIntent => {
    const charge = payments.charges.get(String(intent.latest_charge)) ?? null;
    return { ...intent, latest_charge: charge } as unknown as Stripe.PaymentIntent;
  };

  /** What the SDK makes of a refusal, sorted by our own rules. */
  function read<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw error instanceof Refusal ? classify(sdkError(error)) : error;
    }
  }

  /** The first answer to a key is the answer to all its repeats; the same key with other parameters is refused. */
  function once<T>(key: string, parameters: unknown, effect: () => T): T {
    const fingerprint = JSON.stringify(parameters);
    const known = answers.get(key);
    if (known && world.now() - known.at < KEYS_KEPT_MS) {
      if (known.fingerprint !== fingerprint)
        throw classify(new Stripe.errors.StripeIdempotencyError({ type: 'idempotency_error' } as never));
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

  const hold = (id: string) => read(() => toHold(expanded(payments.find(id))));

  return {
    async authorize({ key, amount, customerId, paymentMethodId, attemptId, tripId }) {
      const made = once(key, { amount, customerId, paymentMethodId, attemptId }, () => {
        const intent = payments.create({
          amount: toStripe(amount),
          currency: amount.currency.toLowerCase(),
          customer: customerId,
          payment_method: paymentMethodId,
          capture_method: 'manual',
          confirm: 'true',
          off_session: 'true',
          metadata: { attempt_id: attemptId, trip_id: tripId },
        });
        const charge = payments.charges.get(String(intent.latest_charge));
        if (charge)
          charge.payment_method_details.card.capture_before =
            payments.unix() + Math.floor(vendors.holdMs / 1_000);
        return intent;
      });
      return hold(made.id);
    },
    hold: async (id) => hold(id),
    holdsOf: async (customerId) =>
      [...payments.intents.values()]
        .filter(({ customer }) => customer === customerId)
        .reverse()
        .map((intent) => toListedHold(expanded(payments.find(intent.id)))),
    holdsSince: async (since) =>
      [...payments.intents.values()]
        .filter(({ created }) => created * 1_000 >= since.getTime())
        .map((intent) => toListedHold(expanded(payments.find(intent.id)))),
    async capture(id, amount, key) {
      once(key, { id, amount }, () => payments.capture(payments.find(id), toStripe(amount)));
      return hold(id);
    },
    async release(id, key) {
      once(key, { id }, () => payments.cancel(payments.find(id), null));
    },
    async refund(id, amount, key) {
      once(key, { id, amount }, () => payments.refund(payments.find(id), toStripe(amount), {}));
    },
  };
}

function sdkError({ reply: { status, body } }: Refusal): Error {
  const { error } = body as { error: StripeProblem };
  const raw = { ...error, statusCode: status } as never;
  return status === 402
    ? new Stripe.errors.StripeCardError(raw)
    : new Stripe.errors.StripeInvalidRequestError(raw);
}
