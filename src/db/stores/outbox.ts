import type { Outbox, OutboxReader } from '../../ports/outbox.ts';
import type { Db } from '../client/index.ts';
import { insertJobs, markPublished, unpublishedRows } from '../outbox.ts';

/** The outbox in Postgres, for those who enqueue. */
export function createOutbox({ db }: { db: Db }): Outbox {
  return { enqueue: (jobs) => insertJobs(db, jobs) };
}

/** The outbox in Postgres, for the publisher. */
export function createOutboxReader({ db }: { db: Db }): OutboxReader {
  return {
    unpublished: (page) => unpublishedRows(db, page),
    markPublished: (ids) => markPublished(db, ids),
  };
}
