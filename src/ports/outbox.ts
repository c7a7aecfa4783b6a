/** A job as the outbox stores it until it is published to Redis. `toOutboxJob` in `src/queues` builds it. */
export interface OutboxJob {
  readonly queue: string;
  readonly name: string;
  /** Deterministic: enqueueing the same id twice runs the job once. */
  readonly jobId: string;
  readonly payload: object;
  readonly correlationId: string | null;
  /** Not before this time; null runs at once. */
  readonly runAt: Date | null;
}

/** A stored job that is not published yet. */
export interface UnpublishedJob extends Omit<OutboxJob, 'queue'> {
  readonly id: number;
}

/** Reads the outbox, for the publisher. */
export interface OutboxReader {
  /**
   * The oldest jobs that are not published. Nothing is locked: a job that is published twice runs once.
   * @param page.names the jobs that this version knows; jobs of a newer version are left to it
   */
  unpublished(page: { readonly names: readonly string[]; readonly limit: number }): Promise<UnpublishedJob[]>;
  /** Marks jobs as published. A mark that a crash loses only means that the job is published again. */
  markPublished(ids: readonly number[]): Promise<void>;
}

/** Stores jobs that no change of state causes: those of schedules and sweeps. */
export interface Outbox {
  enqueue(jobs: readonly OutboxJob[]): Promise<void>;
}
