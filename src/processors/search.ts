import { Retryable } from '../errors.ts';
import type { WatchPorts } from '../services/watching/ports.ts';
import { searchAndTell } from '../services/watching/search.ts';
import { done, type Handler, skip, snooze } from './handler.ts';

export const search =
  (ports: WatchPorts): Handler<'search'> =>
  async ({ searchKey }, { lastTry }) => {
    const outcome = await searchAndTell(ports, searchKey, { lastTry });
    if (outcome.kind === 'nobody') return skip('nobody waits for this search any more');
    if (outcome.kind === 'later') return snooze(outcome.ms, 'another worker is asking');
    // The runner makes the whole queue wait.
    if (outcome.kind === 'quota_spent')
      throw new Retryable('quota_spent', 'the quota of this window is spent', { retryAfterMs: outcome.ms });
    return done({ trips: outcome.trips, booked: outcome.booked });
  };
