import { z } from 'zod';
import { MONEY_KINDS } from '../../services/evidence/money-timeline.ts';
import { cancellation } from './cancellation.ts';
import { criteriaSchema } from './criteria.ts';
import { moneySchema } from './money.ts';

const rulesSchema = z.object({ advancedFiltering: z.boolean(), priceOptimization: z.boolean() });
const weighedOffer = z.object({
  offerId: z.string(),
  airline: z.string(),
  fare: z.string().optional(),
  price: moneySchema,
  stops: z.number(),
  durationMinutes: z.number(),
  score: z.number().nullable(),
  objections: z.array(z.string()),
});

export const receipt = z
  .object({
    tripId: z.uuid(),
    outcome: z.object({ code: z.string(), message: z.string() }),
    criteria: criteriaSchema,
    maxPrice: moneySchema,
    rules: rulesSchema.nullable(),
    selectedOfferId: z.string().nullable(),
    bestOfferId: z.string().nullable(),
    offers: z.array(weighedOffer),
    decisions: z.array(
      z.object({
        at: z.string(),
        type: z.string(),
        attemptId: z.uuid().nullable(),
        flags: z.record(z.string(), z.boolean()).nullable(),
        seq: z.number(),
        hash: z.string(),
        maxPrice: moneySchema,
        criteria: criteriaSchema,
        rules: rulesSchema,
        chosen: z.string().nullable(),
        offers: z.array(weighedOffer),
      }),
    ),
    cancellation: cancellation.nullable(),
    refunds: cancellation.shape.refunds,
    money: z.object({
      events: z.array(
        z.object({
          kind: z.enum(MONEY_KINDS),
          at: z.string(),
          attemptId: z.uuid().nullable(),
          amount: z.string().nullable(),
        }),
      ),
      providers: z
        .object({
          checkedAt: z.string(),
          payment: z
            .object({
              status: z.string(),
              amount: moneySchema,
              captureBefore: z.string().nullable(),
              refunded: moneySchema,
            })
            .nullable(),
          order: z
            .object({ status: z.string(), bookingReference: z.string(), total: moneySchema })
            .nullable(),
        })
        .nullable(),
    }),
    evidence: z.object({
      algorithm: z.literal('sha256'),
      entries: z.array(
        z.object({
          chain: z.string(),
          seq: z.number(),
          canonical: z.string(),
          prevHash: z.string(),
          hash: z.string(),
        }),
      ),
    }),
  })
  .meta({ id: 'Receipt' });
