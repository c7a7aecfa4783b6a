import type { Request } from 'express';
import type { Reply } from '../operation.ts';
import type { World } from '../world.ts';
import { problem } from './errors.ts';
import type { Order } from './types.ts';

const MOST = 200;

/**
 * GET /air/orders: newest first, by page, filtered as the query asks, without those that are too new to be listed. The cursor is
 * the last order of the page before.
 */
export function listOrders({ query }: Request, all: Iterable<Order>, world: World): Reply {
  const { offer_id, booking_reference, created_at } = query;
  const since = (created_at as { after?: string } | undefined)?.after;
  const listedUntil = world.now() - world.settings.listLagMs;
  const found = [...all]
    .filter(
      (order) =>
        (!offer_id || order.offer_id === offer_id) &&
        (!booking_reference || order.booking_reference === booking_reference) &&
        (!since || Date.parse(order.created_at) >= Date.parse(since)) &&
        Date.parse(order.created_at) <= listedUntil,
    )
    .reverse();
  return pageOf(query, found);
}

/** A page of a list of Duffel's. An unknown cursor is refused, and does not begin anew. */
export function pageOf(query: Request['query'], found: readonly { readonly id: string }[]): Reply {
  const { after } = query;
  const limit = Number(query.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    return problem(
      422,
      'validation_error',
      'validation_inclusion',
      `The limit is from 1 to ${MOST}.`,
      '/limit',
    );
  const start = found.findIndex(({ id }) => id === after) + 1;
  if (after && start === 0)
    return problem(422, 'validation_error', 'invalid_cursor_value', 'No such page.', '/after');
  const page = found.slice(start, start + limit);
  const next = found.length > start + limit ? page.at(-1)?.id : null;
  return { status: 200, body: { data: page, meta: { limit, after: next, before: null } } };
}
