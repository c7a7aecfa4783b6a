import { z } from 'zod';
import { time } from './values.ts';

export const criteriaSchema = z
  .strictObject({
    maxStops: z.int().min(0).max(3).optional(),
    maxDurationMinutes: z.int().min(30).max(5_000).optional(),
    airlines: z
      .array(z.string().regex(/^[A-Z0-9]{2}$/, 'must be two-character IATA airline codes'))
      .max(30)
      .optional(),
    departAfter: time.optional(),
    departBefore: time.optional(),
    bags: z.int().min(0).max(3).optional(),
  })
  .meta({ id: 'Criteria', example: { maxStops: 1, departAfter: '08:00', bags: 1 } });

/** JSON merge patch (RFC 7396): null removes a criterion, an absent one stays. */
export const criteriaPatch = z
  .strictObject({
    maxStops: criteriaSchema.shape.maxStops.nullable(),
    maxDurationMinutes: criteriaSchema.shape.maxDurationMinutes.nullable(),
    airlines: criteriaSchema.shape.airlines.nullable(),
    departAfter: criteriaSchema.shape.departAfter.nullable(),
    departBefore: criteriaSchema.shape.departBefore.nullable(),
    bags: criteriaSchema.shape.bags.nullable(),
  })
  .meta({ id: 'CriteriaPatch', example: { maxStops: 0, departAfter: null } });
