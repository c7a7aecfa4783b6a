import type { Kysely } from 'kysely';
import type { Attempt } from '../../domain/attempt.ts';
import type { SearchResult } from '../../ports/flights.ts';
import { batched } from '../client/batched.ts';
import type { DB } from '../client/index.ts';
import { pack } from '../search-payload.ts';
import { keepOwnSearches, type OwnSearch } from '../searches.ts';

/** Offers fetched for one attempt alone, in Postgres. Concurrent requests share one statement. */
export function createOwnSearches({ db }: { db: Kysely<DB> }) {
  const keep = batched(async (searches: readonly OwnSearch[]) => {
    await keepOwnSearches(db, searches);
    return searches.map(() => undefined);
  });
  return {
    keep: ({ tripId, trip: { searchKey } }: Attempt, result: SearchResult): Promise<void> =>
      keep({ tripId, searchKey, answer: pack(result) }),
  };
}
