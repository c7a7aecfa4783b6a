import { z } from 'zod';
import { defineJob } from './contract.ts';

/** Ask a provider, once per key and freshness window, and tell every trip that wants the answer. */
export const search = defineJob({
  queue: 'search',
  name: 'search',
  payload: z.object({
    searchKey: z.string(),
    window: z.number().int(),
    /** Set when one trip can't wait for the next sweep: it was just made, or its fare just slipped away. */
    tripId: z.uuid().optional(),
    /** Tells apart several such requests of one trip in one window. */
    nth: z.number().int().optional(),
  }),
  jobId: ({ searchKey, window, tripId, nth }) =>
    ['search', searchKey, window, tripId, nth].filter((part) => part !== undefined).join('-'),
  attempts: 5,
  backoffMs: 2_000,
  timeoutMs: 60_000,
});
