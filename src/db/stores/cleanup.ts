import type { Kysely } from 'kysely';
import type { CleanupStore } from '../../ports/storage/cleanup.ts';
import {
  deleteEmptySearches,
  deleteFuseCharges,
  deleteIdempotencyKeys,
  deleteProcessedEvents,
  deletePublishedJobs,
  deleteStaleOffers,
  deleteTravelersLongGone,
  deleteUnwatchedSearches,
} from '../cleanup.ts';
import type { DB } from '../client/index.ts';

/** Deletes from Postgres what has served its purpose. */
export function createCleanupStore({ db }: { db: Kysely<DB> }): CleanupStore {
  return {
    deleteStaleOffers: (batch) => deleteStaleOffers(db, batch),
    deleteEmptySearches: (batch) => deleteEmptySearches(db, batch),
    deleteUnwatchedSearches: (batch) => deleteUnwatchedSearches(db, batch),
    deleteTravelersLongGone: (batch) => deleteTravelersLongGone(db, batch),
    deletePublishedJobs: (batch) => deletePublishedJobs(db, batch),
    deleteProcessedEvents: (batch) => deleteProcessedEvents(db, batch),
    deleteIdempotencyKeys: (batch) => deleteIdempotencyKeys(db, batch),
    deleteFuseCharges: (batch) => deleteFuseCharges(db, batch),
  };
}
