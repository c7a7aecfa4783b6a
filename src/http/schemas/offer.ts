import { z } from 'zod';
import { itinerary } from './itinerary.ts';
import { moneySchema } from './money.ts';
import { instant } from './values.ts';

export const offer = z
  .object({
    offerId: z.string(),
    price: moneySchema,
    expiresAt: instant.nullable(),
    seenAt: instant,
    airline: z.object({ code: z.string(), name: z.string() }),
    itinerary,
    refundable: z.boolean().nullable(),
    checkedBags: z.int(),
    fits: z.boolean(),
    objections: z.array(z.string()),
  })
  .meta({ id: 'Offer' });
