import type { Kysely } from 'kysely';
import type { TravelerStore } from '../../ports/storage/travelers.ts';
import { sayingWhatExists } from '../client/already-exists.ts';
import { repeatingDeadlocks } from '../client/deadlock.ts';
import { asUser, type DB } from '../client/index.ts';
import { withCursors } from '../page.ts';
import {
  deleteTraveler,
  insertTraveler,
  listTravelers,
  lockTraveler,
  travelersNamed,
  updateTraveler,
} from '../travelers.ts';
import { openTripNaming } from '../trips.ts';
import { dataKeyOf } from '../users.ts';

/** Travellers in Postgres. */
export function createTravelerStore({ db }: { db: Kysely<DB> }): TravelerStore {
  return {
    find: (userId, id) =>
      asUser(db, userId, async (trx) => {
        const [traveler] = await travelersNamed(trx, { ids: [id] });
        return traveler;
      }),
    list: (userId, page) => asUser(db, userId, async (trx) => withCursors(await listTravelers(trx, page))),
    transaction: (userId, work) =>
      sayingWhatExists(
        repeatingDeadlocks(() =>
          asUser(db, userId, (trx) =>
            work({
              dataKey: () => dataKeyOf(trx, userId),
              insert: ({ id, pii }) => insertTraveler(trx, { id, userId, pii }),
              find: async (id) => (await travelersNamed(trx, { ids: [id] }))[0],
              update: (id, pii) => updateTraveler(trx, id, pii),
              async isOnOpenTrip(id) {
                await lockTraveler(trx, id);
                return (await openTripNaming(trx, id)) !== undefined;
              },
              delete: (id) => deleteTraveler(trx, id),
            }),
          ),
        ),
      ),
  };
}
