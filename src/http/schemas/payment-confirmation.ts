import { z } from 'zod';
import { moneySchema } from './money.ts';
import { instant } from './values.ts';

export const paymentConfirmation = z
  .object({
    clientSecret: z
      .string()
      .describe('For this one payment, and for the browser alone: store or log it nowhere.'),
    publishableKey: z
      .string()
      .nullable()
      .describe(
        "STRIPE_PUBLISHABLE_KEY of the deployment; null where it has none, and the web app's own is used.",
      ),
    paymentMethodId: z
      .string()
      .nullable()
      .describe("Stripe's id of the card that the payment was tried with."),
    amount: moneySchema.describe('What is reserved, and the most that the ticket may cost.'),
    expiresAt: instant.describe('After it nothing can be confirmed: the airline keeps the fare no longer.'),
  })
  .meta({ id: 'PaymentConfirmation' });
