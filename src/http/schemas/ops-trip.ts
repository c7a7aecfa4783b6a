import { z } from 'zod';
import { ATTEMPT_STATUSES } from '../../domain/attempt.ts';
import { booking } from './booking.ts';
import { knownMoney, openCase } from './case.ts';
import { moneySchema } from './money.ts';
import { timelineEntry, trip } from './trip.ts';
import { instant } from './values.ts';

const source = {
  source: z
    .enum(['vendor', 'stored'])
    .meta({ description: '`vendor` was asked now; `stored` is what was known at `asOf`.' }),
  asOf: instant,
  trouble: z.string().nullable().meta({ description: 'Why the vendor’s answer is missing.' }),
};

/** A trip as operators read it. */
export const opsTrip = z
  .object({
    trip: trip.extend({ userId: z.string(), correlationId: z.string() }),
    booking: booking.nullable(),
    money: z.array(
      z.object({
        attemptId: z.uuid(),
        paymentIntentId: z.string().nullable(),
        ...source,
        status: z.enum(['authorized', 'captured', 'voided', 'pending', 'unknown']),
        reserved: knownMoney,
        captured: knownMoney,
        refunded: knownMoney,
        captureBefore: instant.nullable(),
      }),
    ),
    orders: z.array(
      z.object({
        attemptId: z.uuid(),
        orderId: z.string().nullable(),
        ...source,
        status: z.enum(['live', 'cancelled', 'unknown']),
        bookingReference: z.string().nullable(),
        total: moneySchema.nullable(),
      }),
    ),
    attempts: z.array(
      z.object({
        id: z.uuid(),
        number: z.int(),
        status: z.enum(ATTEMPT_STATUSES),
        step: z.string(),
        errorCode: z.string().nullable(),
        errorMessage: z.string().nullable(),
        startedAt: instant,
        finishedAt: instant.nullable(),
        calls: z.array(
          z.object({
            step: z.string(),
            tries: z.int(),
            outcome: z.string(),
            at: instant,
            outcomeAt: instant.nullable(),
          }),
        ),
      }),
    ),
    cases: z.array(openCase),
    next: z.array(
      z.object({
        what: z.string(),
        at: instant
          .nullable()
          .meta({ description: 'Null: as soon as a worker takes it, or when a person decides.' }),
        job: z.string().nullable(),
        command: z.string().nullable().meta({ description: 'What a person types to end the wait.' }),
      }),
    ),
    timeline: z.array(timelineEntry.extend({ actor: z.string(), attemptId: z.uuid().nullable() })),
  })
  .meta({ id: 'OpsTrip' });
