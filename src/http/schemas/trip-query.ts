import { z } from 'zod';
import { TRIP_SORTS, TRIP_STATUSES, type TripSort } from '../../domain/trip.ts';
import { sortedPage } from './page.ts';
import { date, iata } from './values.ts';

const isByDate = (order: TripSort): boolean => order.endsWith('departureDate');

/** Which of the user's trips are listed, and in which order. */
export const tripQuery = z
  .strictObject({
    ...sortedPage(TRIP_SORTS),
    status: z
      .preprocess(
        (given) => (typeof given === 'string' ? given.split(',') : given),
        z.array(z.enum(TRIP_STATUSES)).min(1).max(TRIP_STATUSES.length).optional(),
      )
      .meta({ description: 'Those with one of these statuses; repeated, or with commas between.' }),
    origin: iata.optional(),
    destination: iata.optional(),
    departureFrom: date.optional().meta({ description: 'The first day of departure.' }),
    departureTo: date.optional().meta({ description: 'The last day of departure.' }),
  })
  .superRefine(({ sort, cursor }, ctx) => {
    if (!cursor || (cursor.sort === sort && isByDate(sort) === cursor.at.length <= 10)) return;
    ctx.addIssue({ code: 'custom', path: ['cursor'], message: 'is of a list in another order' });
  });
