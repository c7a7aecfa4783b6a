import type Stripe from 'stripe';
import { Permanent } from '../../errors.ts';
import type { Authorization, PaymentConfirmation, PaymentProvider } from '../../ports/payments.ts';
import { metadataOf } from '../deployment.ts';
import type { NoteUnreadable } from '../lenient.ts';
import { asUnknown } from '../resilience.ts';
import { createCards } from './cards.ts';
import { createStripeClient, type StripeOptions } from './client.ts';
import { listAuthorizations } from './list-authorizations.ts';
import { toAuthorization, toStripe } from './normalise.ts';
import { createRefunds } from './refunds.ts';

export interface StripePaymentOptions extends StripeOptions {
  /** Our name on the objects of the account. */
  readonly deployment: string;
  readonly noteUnreadable?: NoteUnreadable;
}

/** Stripe, as the payment provider: an authorization is a payment intent with manual capture. */
export function createStripe(options: StripePaymentOptions): PaymentProvider {
  const { deployment, noteUnreadable = () => undefined } = options;
  const lists = { deployment, noteUnreadable };
  const client = createStripeClient(options);
  const { read, write } = client;

  async function authorization(paymentIntentId: string): Promise<Authorization> {
    const params = { expand: ['latest_charge'] };
    const intent = await read((sdk) => sdk.paymentIntents.retrieve(paymentIntentId, params));
    return toAuthorization(intent, deployment);
  }

  async function confirmation(paymentIntentId: string): Promise<PaymentConfirmation> {
    const params = { expand: ['latest_charge'] };
    const intent = await read((sdk) => sdk.paymentIntents.retrieve(paymentIntentId, params));
    if (!intent.client_secret) throw new Permanent('no_client_secret', 'Stripe sent no client secret');
    // A decline takes the card off the intent; its error still names it.
    const method = intent.payment_method ?? intent.last_payment_error?.payment_method ?? null;
    return {
      authorization: toAuthorization(intent, deployment),
      clientSecret: intent.client_secret,
      paymentMethodId: typeof method === 'string' ? method : (method?.id ?? null),
    };
  }

  return {
    ...createCards(client, deployment),
    async authorize({ key, customerId, paymentMethodId, amount, attemptId, tripId }) {
      const params = {
        amount: toStripe(amount),
        currency: amount.currency.toLowerCase(),
        customer: customerId,
        payment_method: paymentMethodId,
        // Without it the Dashboard's methods that lead the payer away apply, and Stripe demands a return_url.
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        capture_method: 'manual',
        confirm: true,
        off_session: true,
        metadata: metadataOf(deployment, { attempt_id: attemptId, trip_id: tripId }),
      } satisfies Stripe.PaymentIntentCreateParams;
      const intent = await write((sdk) => sdk.paymentIntents.create(params, { idempotencyKey: key }));
      // The stored answer of a repeated call may be out of date, so the authorization is read again.
      return authorization(intent.id).catch((error: unknown) => {
        // It was made, whatever keeps it from being read.
        throw asUnknown(error);
      });
    },
    authorization,
    confirmation,
    authorizationsOf: (customer, since, after) =>
      listAuthorizations(client, lists, { customer, since, after }),
    authorizationsSince: (since, after) => listAuthorizations(client, lists, { since, after }),
    async capture(paymentIntentId, amount, key) {
      const params = { amount_to_capture: toStripe(amount), expand: ['latest_charge'] };
      const intent = await write((sdk) =>
        sdk.paymentIntents.capture(paymentIntentId, params, { idempotencyKey: key }),
      );
      try {
        return toAuthorization(intent, deployment);
      } catch (error) {
        throw asUnknown(error);
      }
    },
    async void(paymentIntentId, key) {
      await write((sdk) => sdk.paymentIntents.cancel(paymentIntentId, {}, { idempotencyKey: key }));
    },
    ...createRefunds(client, lists),
    circuit: client.circuit,
  };
}
