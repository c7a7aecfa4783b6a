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
  .meta({ id: 'Criteria' });
