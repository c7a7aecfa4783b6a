import { z } from 'zod';
import { cancellation } from './cancellation.ts';
import { change } from './change.ts';
import { itinerary } from './itinerary.ts';
import { moneySchema } from './money.ts';
import { instant } from './values.ts';

export const booking = z
  .object({
    id: z.uuid(),
    tripId: z.uuid(),
    provider: z.string(),
    orderId: z.string(),
    bookingReference: z.string(),
    status: z.enum(['CONFIRMED', 'CANCELLED', 'REFUNDED']),
    price: moneySchema,
    ticketNumbers: z.array(z.string()),
    bookedAt: instant,
    itinerary: itinerary.meta({ description: 'The flights as they are now.' }),
    changes: z.array(change).meta({
      description: 'What the airline changed of its own accord, oldest first; only the last one can be open.',
    }),
    cancellation: cancellation.optional(),
    dispute: z
      .object({
        status: z.string(),
        reason: z.string(),
        amount: moneySchema,
        evidenceDueBy: instant.nullable().meta({ description: 'Null: no response is possible.' }),
      })
      .nullable()
      .meta({ description: 'The dispute of the payment at the bank, if there is one.' }),
  })
  .meta({ id: 'Booking' });
