import { reachedLimit } from '../../domain/authorization-limits.ts';
import { limitOutcome } from '../booking/authorization-limit.ts';
import type { Decision } from './decide.ts';
import type { WatchPorts } from './ports.ts';

/**
 * Decisions to book whose trip or card was tried too often become decisions to watch on. The booking saga asks the same
 * right before it authorizes; asked here, no attempt is started that could only end.
 */
export async function withinLimits(
  { history, clock }: Pick<WatchPorts, 'history' | 'clock'>,
  decisions: readonly Decision[],
): Promise<Decision[]> {
  const tripIds = decisions.flatMap(({ trip, buy }) => (buy ? trip.id : []));
  const authorizations = await history.authorizations(tripIds);
  return decisions.map((decision) => {
    const { trip, buy } = decision;
    const known = buy && authorizations.get(trip.id);
    if (!known) return decision;
    const next = { tripId: trip.id, card: known.card, amount: buy.price };
    const limit = reachedLimit(known.past, next, clock.now());
    return limit ? { ...decision, buy: null, limit, outcome: limitOutcome(limit) } : decision;
  });
}
