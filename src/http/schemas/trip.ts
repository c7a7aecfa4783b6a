import { z } from 'zod';
import { CABINS } from '../../domain/search.ts';
import { TRIP_STATUSES } from '../../domain/trip.ts';
import { booking } from './booking.ts';
import { criteriaSchema } from './criteria.ts';
import { moneySchema } from './money.ts';
import { date, iata, instant } from './values.ts';

export const trip = z
  .object({
    id: z.uuid(),
    status: z.enum(TRIP_STATUSES),
    autoBook: z.boolean(),
    origin: iata,
    destination: iata,
    departureDate: date,
    returnDate: date.nullable(),
    cabin: z.enum(CABINS),
    travelerIds: z.array(z.uuid()),
    paymentMethodId: z.uuid().nullable(),
    maxPrice: moneySchema,
    criteria: criteriaSchema,
    bestPrice: moneySchema.nullable(),
    lastCheckedAt: instant.nullable(),
    nextCheckAt: instant.nullable(),
    outcome: z.object({
      code: z.string(),
      message: z.string(),
      waitsUntil: instant
        .optional()
        .describe('Until when at most an order of unknown outcome is waited for; only while one is.'),
      confirmBy: instant
        .optional()
        .describe(
          'Until when the payment may be confirmed; only while the code is confirm_payment. POST /api/trips/{id}/confirm-payment says how.',
        ),
    }),
    createdAt: instant,
    updatedAt: instant,
    booking: booking.optional(),
  })
  .meta({ id: 'Trip' });

export const timelineEntry = z
  .object({
    id: z.int(),
    at: instant,
    type: z.string(),
    detail: z.unknown(),
    correlationId: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' });

export const eventTicket = z
  .object({ ticket: z.string(), expiresAt: instant.describe('Until when it can be used.') })
  .meta({ id: 'EventTicket' });
