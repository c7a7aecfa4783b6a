import { z } from 'zod';

/** Money as requests and replies carry it. */
export const moneySchema = z
  .strictObject({
    amount: z
      .string('must be a decimal string such as "420.00"')
      .regex(/^\d{1,9}(\.\d{1,3})?$/, 'must be a plain decimal amount such as "420.00"'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals'),
  })
  .meta({ id: 'Money', example: { amount: '420.00', currency: 'GBP' } });
