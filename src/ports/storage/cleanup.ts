/** One batch of rows to delete. */
export interface CleanupBatch {
  /** At most so many rows. */
  readonly limit: number;
  /** Only rows that have served their purpose for so long. */
  readonly olderThanDays: number;
}

/** Deletes one batch. @returns how many rows it deleted; fewer than the batch's limit means none are left */
export type BatchDelete = (batch: CleanupBatch) => Promise<number>;

/** Deletes rows that have served their purpose. Each verb is one transaction, and waits for no lock. */
export interface CleanupStore {
  /** Offers that can no longer be bought. Those of a booking live on in the attempt's own copy. */
  readonly deleteStaleOffers: BatchDelete;
  /** Searches whose offers are gone. */
  readonly deleteEmptySearches: BatchDelete;
  /** Priorities of searches that no trip watches any more. */
  readonly deleteUnwatchedSearches: BatchDelete;
  /** Travellers whose trips all ended that long ago. Trips, bookings and the audit log stay: they never held who flew. */
  readonly deleteTravelersLongGone: BatchDelete;
  /** Jobs that reached Redis. */
  readonly deletePublishedJobs: BatchDelete;
  readonly deleteProcessedEvents: BatchDelete;
  readonly deleteIdempotencyKeys: BatchDelete;
  /** Charges that no hour's bound counts any more. */
  readonly deleteFuseCharges: BatchDelete;
}
