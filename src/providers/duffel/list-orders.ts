import type { Duffel } from '@duffel/api';
import type { FoundOrder, ListedOrder } from '../../ports/flights.ts';
import type { VendorPage, VendorRows } from '../../ports/vendor-list.ts';
import { type NoteUnreadable, sortReadings } from '../lenient.ts';
import type { DuffelClient } from './client.ts';
import { createdAtOf, readListedOrder, readOrder } from './normalise-order.ts';

const DEADLINE_MS = 15_000;
/** Duffel's largest page. */
const PAGE_SIZE = 200;

type ListParams = Parameters<Duffel['orders']['list']>[0];

export interface ListOptions {
  readonly deployment: string;
  readonly noteUnreadable: NoteUnreadable;
}

/** The orders made from one offer. */
export async function listOrdersOf(
  client: DuffelClient,
  { deployment, noteUnreadable }: ListOptions,
  offerId: string,
): Promise<VendorRows<FoundOrder>> {
  // The SDK's types do not know this filter, which Duffel documents for exactly this purpose.
  const filter = { offer_id: offerId } as ListParams;
  const { data } = await client.call(DEADLINE_MS, (sdk) => sdk.orders.list(filter));
  const readings = listOf(data).map((raw) => readOrder(raw, deployment));
  return sortReadings(readings, 'order', noteUnreadable);
}

/**
 * A page of the account's orders since then. Duffel lists the newest first; should it not know the filter, reading stops at
 * the first older order all the same.
 * @param after Duffel's cursor
 */
export async function listOrdersSince(
  client: DuffelClient,
  { deployment, noteUnreadable }: ListOptions,
  since: Date,
  after: string | null,
): Promise<VendorPage<ListedOrder>> {
  const filter = {
    limit: PAGE_SIZE,
    'created_at[after]': since.toISOString(),
    ...(after && { after }),
  } as ListParams;
  const { data, meta } = await client.call(DEADLINE_MS, (sdk) => sdk.orders.list(filter));
  const raws = listOf(data);
  const recent = raws.filter((raw) => (createdAtOf(raw) ?? since) >= since);
  const readings = recent.map((raw) => readListedOrder(raw, deployment));
  const isLast = recent.length < raws.length;
  return {
    ...sortReadings(readings, 'order', noteUnreadable),
    next: (!isLast && meta?.after) || null,
  };
}

const listOf = (data: unknown): readonly unknown[] => (Array.isArray(data) ? data : []);
