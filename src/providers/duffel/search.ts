import type { Duffel } from '@duffel/api';
import type { SearchParams } from '../../domain/search.ts';
import type { Flyer, SearchResult } from '../../ports/flights.ts';
import type { VendorRows } from '../../ports/vendor-list.ts';
import { type NoteUnreadable, type Reading, sortReadings } from '../lenient.ts';
import type { DuffelClient } from './client.ts';
import { readOffer } from './normalise.ts';
import { withoutNames } from './normalise-order.ts';

/** How long Duffel waits for airlines in a search; our deadline is a little longer, so that Duffel answers first. */
const SUPPLIER_TIMEOUT_MS = 20_000;
const DEADLINE_MS = 25_000;
/** Connections allowed in a shared search; each trip's own limit is applied to the answer. */
const MAX_CONNECTIONS = 2;

/**
 * Makes an offer request. No offers is an answer, not an error; an offer that can't be read is left out, and hides no other.
 * @throws Retryable · Permanent
 */
export async function search(
  client: DuffelClient,
  params: SearchParams,
  noteUnreadable: NoteUnreadable,
  flyers: readonly Flyer[] = [],
): Promise<SearchResult> {
  const slices = [toSlice(params.origin, params.destination, params.departureDate)];
  if (params.returnDate) slices.push(toSlice(params.destination, params.origin, params.returnDate));
  // The SDK's types require times of day and allow only one connection.
  const request = {
    slices,
    passengers: params.passengers.map((passenger, index) => ({ ...passenger, ...memberOf(flyers[index]) })),
    cabin_class: params.cabin,
    max_connections: MAX_CONNECTIONS,
    return_offers: true,
    supplier_timeout: SUPPLIER_TIMEOUT_MS,
  } as unknown as Parameters<Duffel['offerRequests']['create']>[0];
  const { data } = await client.call(DEADLINE_MS, (sdk) => sdk.offerRequests.create(request));
  const raws: unknown[] = Array.isArray(data.offers) ? data.offers : [];
  const { rows } = readOffers(raws, noteUnreadable);
  // Answers are stored, and Duffel repeats in them who asked.
  const offers = flyers.some(isMember)
    ? rows.map(({ offer, raw }) => ({ offer, raw: withoutNames(raw) }))
    : rows;
  return { requestId: data.id, offers };
}

const isMember = ({ loyaltyAccounts = [] }: Flyer): boolean => loyaltyAccounts.length > 0;

/**
 * What Duffel wants to know of the member of a loyalty programme. Fares and bags may be better then; the order has the accounts
 * from its offer. Those of programmes that an airline does not support are ignored. Source: Duffel, "Adding Loyalty
 * Programme Accounts".
 */
function memberOf(flyer: Flyer | undefined) {
  if (!flyer || !isMember(flyer)) return {};
  const { givenName, familyName, loyaltyAccounts = [] } = flyer;
  return {
    given_name: givenName,
    family_name: familyName,
    loyalty_programme_accounts: loyaltyAccounts.map(({ airline, number }) => ({
      airline_iata_code: airline,
      account_number: number,
    })),
  };
}

/** The offers of a search's answer, each with the answer's own words. */
export const readOffers = (
  raws: readonly unknown[],
  noteUnreadable: NoteUnreadable,
): VendorRows<SearchResult['offers'][number]> => sortReadings(raws.map(readingOf), 'offer', noteUnreadable);

function readingOf(raw: unknown): Reading<SearchResult['offers'][number]> {
  const offer = readOffer(raw);
  if (typeof offer === 'object') return { row: { offer, raw } };
  const { id } = (raw ?? {}) as { id?: unknown };
  return {
    unreadable: {
      id: typeof id === 'string' ? id : null,
      attemptId: null,
      madeBy: 'unnamed',
      field: offer,
    },
  };
}

const toSlice = (origin: string, destination: string, departure_date: string) => ({
  origin,
  destination,
  departure_date,
});
