import { z } from 'zod';
import { instant } from './values.ts';

export const paymentMethod = z
  .object({
    id: z.uuid(),
    paymentMethodId: z.string(),
    brand: z.string(),
    last4: z.string(),
    expMonth: z.int(),
    expYear: z.int(),
    createdAt: instant,
  })
  .meta({ id: 'PaymentMethod' });
