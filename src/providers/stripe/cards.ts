import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { Permanent } from '../../errors.ts';
import type { PaymentProvider } from '../../ports/payments.ts';
import { metadataOf } from '../deployment.ts';
import type { StripeClient } from './client.ts';

/** Customers and their saved cards. */
export function createCards(
  { read, write }: StripeClient,
  deployment: string,
): Pick<PaymentProvider, 'createCustomer' | 'startCardSetup' | 'saveCard' | 'removeCard'> {
  const find = (id: string) => read((sdk) => sdk.paymentMethods.retrieve(id));

  /**
   * The card, saved with the customer. A SetupIntent that succeeded has attached it, and Stripe refuses to attach it again.
   * @throws Permanent when it is another customer's
   */
  async function attached(customerId: string, paymentMethodId: string): Promise<Stripe.PaymentMethod> {
    const found = await find(paymentMethodId);
    if (found.customer) return ownedBy(customerId, found);
    try {
      return await write((sdk) => sdk.paymentMethods.attach(found.id, { customer: customerId }));
    } catch (error) {
      // Another request of the same traveller may have attached it meanwhile.
      if (!(error instanceof Permanent)) throw error;
      const again = await find(found.id);
      if (again.customer) return ownedBy(customerId, again);
      throw error;
    }
  }

  return {
    async createCustomer(userId) {
      const metadata = metadataOf(deployment, { user_id: userId });
      // Deployments may share their users: each has a customer of its own.
      const idempotencyKey = customerKey(deployment, userId);
      const customer = await write((sdk) => sdk.customers.create({ metadata }, { idempotencyKey }));
      return customer.id;
    },
    async startCardSetup(customerId) {
      const setup = await write((sdk) =>
        sdk.setupIntents.create({
          customer: customerId,
          allowed_payment_method_types: ['card'],
          usage: 'off_session',
          metadata: metadataOf(deployment),
        }),
      );
      if (!setup.client_secret) throw new Permanent('no_client_secret', 'Stripe sent no client secret');
      return setup.client_secret;
    },
    async saveCard(customerId, paymentMethodId) {
      const method = await attached(customerId, paymentMethodId);
      if (!method.card) throw new Permanent('not_a_card', 'the payment method is not a card');
      const { brand, last4, exp_month, exp_year } = method.card;
      return { paymentMethodId: method.id, brand, last4, expMonth: exp_month, expYear: exp_year };
    },
    async removeCard(paymentMethodId) {
      try {
        await write((sdk) => sdk.paymentMethods.detach(paymentMethodId));
      } catch (error) {
        // Stripe refuses to detach a card twice; then it is what was wanted.
        if (!(error instanceof Permanent) || (await find(paymentMethodId)).customer) throw error;
      }
    },
  };
}

/** Stripe takes keys of up to 255 characters. Source: Stripe, "Idempotent requests". */
const MAX_KEY = 255;

/** A key travels as a header, which holds no characters beyond Latin-1 and loses spaces at its end: such user ids go as a digest. */
function customerKey(deployment: string, userId: string): string {
  const key = `customer:${deployment}:${userId}`;
  if (/^[\x21-\x7e]+$/.test(userId) && key.length <= MAX_KEY) return key;
  return `customer:${deployment}:${createHash('sha256').update(userId).digest('hex')}`;
}

function ownedBy(customerId: string, method: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const owner = typeof method.customer === 'string' ? method.customer : method.customer?.id;
  if (owner === customerId) return method;
  throw new Permanent('card_of_another_customer', 'the card is saved with another customer');
}
