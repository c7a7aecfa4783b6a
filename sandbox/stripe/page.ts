import type { Request } from 'express';
import { refuse } from './errors.ts';

const MOST = 100;
const DEFAULT = 10;

/** A page of a list of Stripe's, newest first. */
export function pageOf<Row extends { readonly id: string }>(
  { starting_after, limit: wanted }: Request['query'],
  newestFirst: readonly Row[],
): { page: Row[]; hasMore: boolean } {
  const limit = Number(wanted ?? DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'parameter_invalid_integer',
      message: `The limit must be between 1 and ${MOST}.`,
      param: 'limit',
    });
  const start = newestFirst.findIndex((one) => one.id === starting_after) + 1;
  if (starting_after && start === 0)
    refuse(400, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such object: '${String(starting_after)}'`,
      param: 'starting_after',
    });
  const page = newestFirst.slice(start, start + limit);
  return { page, hasMore: newestFirst.length > start + limit };
}
