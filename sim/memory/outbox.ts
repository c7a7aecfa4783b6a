import type { Outbox } from '../../src/ports/outbox.ts';
import type { Tables } from './tables.ts';

/** The outbox in memory. */
export function createMemoryOutbox(tables: Tables): Outbox {
  return {
    async enqueue(jobs) {
      tables.insertJobs(jobs);
      tables.afterCommit();
    },
  };
}
