import { type SearchDeps, searchAndTell } from '../services/searching.ts';
import { done, type Handler, skip, snooze } from './handler.ts';

export const search =
  (deps: SearchDeps): Handler<'search'> =>
  async ({ searchKey }, { lastTry }) => {
    const outcome = await searchAndTell(deps, searchKey, { lastTry });
    if (outcome.kind === 'nobody') return skip('nobody waits for this search any more');
    if (outcome.kind === 'later') return snooze(outcome.ms, 'another worker is asking');
    return done({ trips: outcome.trips, booked: outcome.booked });
  };
