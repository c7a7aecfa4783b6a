import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Asks a provider once per key and freshness window, and records the answer for every trip that shares the search. */
export const search = defineJob({
  queue: 'search',
  name: 'search',
  payload: z.object({
    searchKey: z.string(),
    window: z.number().int(),
    /** Set when one trip can't wait for the next sweep: it is new or changed, or its fare was just lost. */
    tripId: z.uuid().optional(),
    /** Distinguishes several such requests of one trip in one window. */
    nth: z.number().int().optional(),
  }),
  jobId: ({ searchKey, window, tripId, nth }) =>
    ['search', searchKey, window, tripId, nth].filter((part) => part !== undefined).join('-'),
  attempts: 5,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
