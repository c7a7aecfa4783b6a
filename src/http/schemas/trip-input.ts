import { z } from 'zod';
import { CABINS } from '../../domain/search.ts';
import { criteriaPatch, criteriaSchema } from './criteria.ts';
import { moneySchema } from './money.ts';
import { date, iata } from './values.ts';

/** What a traveller asks of a trip. What depends on the user is checked by the services. */

const consent = z.union([z.literal(true), z.string().max(2_000), z.record(z.string().max(100), z.unknown())]);

export const tripInput = z
  .strictObject({
    origin: iata,
    destination: iata,
    departureDate: date,
    returnDate: date.nullish(),
    cabin: z.enum(CABINS).default('economy'),
    travelerIds: z
      .array(z.uuid())
      .min(1, 'must name at least one traveller')
      .max(9, 'must name at most nine travellers'),
    maxPrice: moneySchema,
    autoBook: z.boolean().default(false),
    paymentMethodId: z
      .union([z.uuid(), z.string().regex(/^pm_\w{1,100}$/)], 'must be the id of one of your cards')
      .nullish(),
    consent: consent.optional(),
    criteria: criteriaSchema.optional(),
    allowDuplicate: z
      .boolean()
      .default(false)
      .describe('Take the trip although one of its travellers has another that overlaps it.'),
  })
  .meta({ id: 'TripInput' });

export const tripChange = z
  .strictObject({
    departureDate: date.optional(),
    returnDate: date.nullish().describe('Null: one way.'),
    maxPrice: moneySchema.optional(),
    criteria: criteriaPatch.nullish().describe('Merged into the criteria of the trip; null removes all.'),
    paymentMethodId: tripInput.shape.paymentMethodId,
    autoBook: z.boolean().optional(),
    consent: consent.optional(),
    travelerIds: tripInput.shape.travelerIds.optional(),
    allowDuplicate: z
      .boolean()
      .optional()
      .describe('Change the trip although one of its travellers has another that overlaps it.'),
  })
  .refine(({ allowDuplicate: _, ...change }) => Object.keys(change).length > 0, 'must change something')
  .meta({ id: 'TripChange' });

export const tripRelease = z
  .strictObject({
    ticketMayStillTurnUp: z
      .literal(
        true,
        'must be true: a ticket may still turn up after the release, and is then cancelled if its fare allows',
      )
      .describe(
        'The traveller understands that the airline may still make a ticket, and that it is then cancelled if its fare allows.',
      ),
  })
  .meta({ id: 'TripRelease' });
