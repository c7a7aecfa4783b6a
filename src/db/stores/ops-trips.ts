import type { Kysely } from 'kysely';
import type { OpsTripStore } from '../../ports/storage/ops-trips.ts';
import { type DB, inTransaction } from '../client/index.ts';
import { recordsOf, tripsMeant } from '../ops-trips.ts';

/** Trips for operators, in Postgres: needs a database that sees the rows of all users. */
export const createOpsTripStore = ({ db }: { db: Kysely<DB> }): OpsTripStore => ({
  find: (reference, limit) => tripsMeant(db, reference, limit),
  read: (tripId, limit) => inTransaction(db)((trx) => recordsOf(trx, tripId, limit)),
});
