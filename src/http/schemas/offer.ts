import { z } from 'zod';
import { itinerary } from './itinerary.ts';
import { moneySchema } from './money.ts';
import { instant } from './values.ts';

const count = z.int().min(0).nullable();
const condition = z
  .object({ allowed: z.boolean(), fee: moneySchema.nullable().describe('Null: unknown, not nothing.') })
  .nullable()
  .describe('Null: the airline does not say, which is not no.');

const fare = z
  .object({
    brand: z.string().nullable().describe("The airline's name of the fare; null where it does not say."),
    cabin: z.string(),
    bags: z
      .object({ checked: count, carryOn: count })
      .describe('For each passenger with a seat, on every flight. Null: unknown, not none.'),
    cancellation: condition,
    change: condition,
  })
  .meta({ id: 'Fare' });

export const offer = z
  .object({
    offerId: z.string(),
    price: moneySchema,
    expiresAt: instant.nullable(),
    seenAt: instant,
    airline: z.object({ code: z.string(), name: z.string() }),
    itinerary,
    fare,
    refundable: z.boolean().nullable(),
    checkedBags: z.int(),
    fits: z.boolean(),
    objections: z.array(z.string()),
  })
  .meta({ id: 'Offer' });
