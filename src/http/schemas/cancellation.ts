import { z } from 'zod';
import { CANCELLATION_ASKERS } from '../../domain/cancellation.ts';
import { REFUND_STATES } from '../../domain/refund-progress.ts';
import { CANCELLATION_STATES } from '../../services/bookings/cancellation-view.ts';
import { QUOTE_STATES } from '../../services/cancelling/quote-view.ts';
import { moneySchema } from './money.ts';

const instant = z.iso.datetime();
const refundStatus = z.enum(REFUND_STATES);

export const cancellation = z
  .object({
    status: z.enum(CANCELLATION_STATES),
    requestedBy: z.enum(CANCELLATION_ASKERS),
    requestedAt: instant,
    finishedAt: instant.nullable(),
    reason: z.string().nullable(),
    airlineRefund: moneySchema.nullable(),
    refund: z.object({ amount: moneySchema.nullable(), status: refundStatus }),
    refunds: z.array(
      z.object({
        amount: moneySchema,
        status: refundStatus,
        requestedAt: instant,
        settledAt: instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'Cancellation' });

export const cancellationQuote = z
  .object({
    state: z.enum(QUOTE_STATES),
    cancellable: z.boolean(),
    message: z.string(),
    price: moneySchema,
    airlineRefund: moneySchema.nullable(),
    refundTo: z.string().nullable(),
    refund: moneySchema.nullable(),
    quotedAt: instant.nullable(),
    expiresAt: instant.nullable(),
    cancellation: cancellation.nullable(),
  })
  .meta({ id: 'CancellationQuote' });

/** What may be sent along with a cancellation. */
export const cancellationRequest = z
  .strictObject({ acceptRefund: moneySchema.optional() })
  .meta({ id: 'CancellationRequest' });
