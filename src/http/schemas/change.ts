import { z } from 'zod';
import { CHANGE_VIEW_STATES } from '../../services/bookings/change-view.ts';
import { itinerary } from './itinerary.ts';
import { instant } from './values.ts';

export const change = z
  .object({
    id: z.uuid(),
    state: z.enum(CHANGE_VIEW_STATES),
    noticedAt: instant,
    message: z.string().meta({ description: 'What it means and what may be done, for the traveller.' }),
    acceptable: z.boolean().meta({ description: 'Whether a request to accept it would be worked.' }),
    before: itinerary.meta({ description: 'The slices that changed, as they were.' }),
    after: itinerary.meta({ description: 'The same as they are now; none that is not flown any more.' }),
  })
  .meta({ id: 'AirlineChange' });

export const changeParams = z.object({ id: z.uuid(), changeId: z.uuid() });
