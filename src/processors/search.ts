import { Retryable } from '../errors.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import { runSearch } from '../services/watching/search.ts';
import { done, type Handler, skip, snooze } from './handler.ts';

export const search =
  (ports: WatchPorts): Handler<'search'> =>
  async ({ searchKey }, { lastTry }) => {
    const outcome = await runSearch(ports, searchKey, { lastTry });
    if (outcome.kind === 'unwatched') return skip('no trip waits for this search any more');
    if (outcome.kind === 'later') return snooze(outcome.ms, 'another worker runs this search');
    // The runner pauses the whole queue for this error.
    if (outcome.kind === 'quota_spent')
      throw new Retryable('quota_spent', 'the quota of this window is spent', { retryAfterMs: outcome.ms });
    return done({ trips: outcome.trips, booked: outcome.booked });
  };
