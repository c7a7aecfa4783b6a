import type Stripe from 'stripe';
import { Retryable } from '../../errors.ts';
import type { ListedAuthorization } from '../../ports/payments.ts';
import type { VendorPage } from '../../ports/vendor-list.ts';
import { type NoteUnreadable, sortReadings } from '../lenient.ts';
import type { StripeClient } from './client.ts';
import { readIntent } from './normalise.ts';

/** Stripe's largest page. */
const PAGE_SIZE = 100;
/** Says what became of the money. */
const WITH_CHARGES = { limit: PAGE_SIZE, expand: ['data.latest_charge'] };

export interface ListOptions {
  readonly deployment: string;
  readonly noteUnreadable: NoteUnreadable;
}

/**
 * A page of authorizations, newest first. Stripe's list knows filters by customer and by time only; its search knows metadata,
 * and lags behind what has happened.
 * @param filter.since Stripe counts in seconds
 * @param filter.after id of the last authorization of the page before
 */
export async function listAuthorizations(
  { read }: StripeClient,
  { deployment, noteUnreadable }: ListOptions,
  filter: { readonly customer?: string; readonly since: Date; readonly after: string | null },
): Promise<VendorPage<ListedAuthorization>> {
  const { customer, since, after } = filter;
  const params: Stripe.PaymentIntentListParams = {
    ...WITH_CHARGES,
    created: { gte: Math.floor(since.getTime() / 1_000) },
    ...(customer && { customer }),
    ...(after && { starting_after: after }),
  };
  const page = await read((sdk) => sdk.paymentIntents.list(params));
  const raws: readonly unknown[] = Array.isArray(page.data) ? page.data : [];
  const readings = raws.map((raw) => readIntent(raw, deployment));
  return {
    ...sortReadings(readings, 'authorization', noteUnreadable),
    next: cursorAfter(raws, page.has_more),
  };
}

/**
 * Where the next page starts: after the last row whose id can be read. The rows behind it are read again, which changes nothing.
 * @throws Retryable when no row says its id: what follows is unknown, not none
 */
export function cursorAfter(raws: readonly unknown[], hasMore: boolean): string | null {
  if (!hasMore) return null;
  const last = raws.map(idOf).findLast((id) => id !== null);
  if (last !== undefined) return last;
  throw new Retryable('unreadable_page', "no row of a page of Stripe's list says its id");
}

const idOf = (raw: unknown): string | null => {
  const { id } = (raw ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : null;
};
