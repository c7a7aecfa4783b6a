import type { Kysely } from 'kysely';
import type { TripTravelers } from '../../ports/storage/trip-travelers.ts';
import { batched } from '../client/batched.ts';
import type { DB } from '../client/index.ts';
import { travelersOf } from '../travelers.ts';

/** Who flies on a trip, in Postgres. Concurrent requests share one statement. */
export function createTripTravelers({ db }: { db: Kysely<DB> }): TripTravelers {
  return {
    of: batched(async (tripIds: readonly string[]) => {
      const rows = Map.groupBy(await travelersOf(db, { tripIds }), ({ tripId }) => tripId);
      return tripIds.map((id) => rows.get(id) ?? []);
    }),
  };
}
