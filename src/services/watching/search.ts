import type { Offer } from '../../domain/offer.ts';
import { freshnessWindow, type SearchParams } from '../../domain/search.ts';
import type { Outcome } from '../../domain/trip.ts';
import { codeOf, Permanent } from '../../errors.ts';
import { answerTrips } from './answer-trips.ts';
import type { WatchPorts } from './ports.ts';

/** How soon the job runs again when another worker runs the search. */
const RUNNING_ELSEWHERE_MS = 300;

export type SearchOutcome =
  | { kind: 'done'; trips: number; booked: number }
  | { kind: 'later'; ms: number }
  /** The fleet may make no search for `ms`. */
  | { kind: 'quota_spent'; ms: number }
  | { kind: 'unwatched' };

/**
 * Asks the provider once per key and freshness window. Every due trip that wants the answer is booked, or its traveller
 * reads what was found.
 * @param options.lastTry no further try follows: the trips wait for their next check
 * @throws what the provider throws, for the queue to try again
 */
export async function runSearch(
  ports: WatchPorts,
  searchKey: string,
  options: { lastTry: boolean },
): Promise<SearchOutcome> {
  const { watch, schedule, clock } = ports;
  const params = await watch.searchParamsOf(searchKey);
  if (!params) return { kind: 'unwatched' };
  const claim = await watch.claimSearch(searchKey, freshnessWindow(clock.now(), schedule.freshnessMs));
  if (claim.state === 'running') return { kind: 'later', ms: RUNNING_ELSEWHERE_MS };
  if (claim.state === 'done') return answered(ports, searchKey, params, await watch.offersOf(claim.id));
  const permit = await ports.quota.acquire();
  if (permit.waitMs > 0) {
    await watch.releaseSearch(claim.id);
    return { kind: 'quota_spent', ms: permit.waitMs };
  }
  const search = { id: claim.id, searchKey };
  const offers = await askProvider(ports, params, search, options).finally(permit.release);
  return answered(ports, searchKey, params, offers);
}

async function answered(...call: Parameters<typeof answerTrips>): Promise<SearchOutcome> {
  return { kind: 'done', ...(await answerTrips(...call)) };
}

const FAILED: Outcome = {
  code: 'search_failed',
  message: 'The airlines could not be asked just now. We try again soon.',
};

/** One provider call, stored whole. A failure is stored too, and the search may be claimed again. */
async function askProvider(
  { watch, flights, clock, schedule }: WatchPorts,
  params: SearchParams,
  search: { id: string; searchKey: string },
  { lastTry }: { lastTry: boolean },
): Promise<Offer[]> {
  try {
    const result = await flights.search(params);
    await watch.saveOffers(search.id, result);
    return result.offers.map(({ offer }) => offer);
  } catch (error) {
    // The traveller reads of the failure meanwhile; the trip waits for its next check only when the queue has given up.
    const overForNow = lastTry || error instanceof Permanent;
    const nextCheckAt = overForNow ? new Date(clock.now().getTime() + schedule.watchIntervalMs) : undefined;
    await watch.recordFailure(search, { code: codeOf(error), outcome: FAILED, nextCheckAt });
    throw error;
  }
}
