import { formatMoney } from '../../domain/money.ts';
import { selectOffer } from '../../domain/selection.ts';
import { Refused } from '../../errors.ts';
import type { Cursor } from '../../ports/storage/page.ts';
import type { FoundOffer, TripQuery, TripReader } from '../../ports/storage/trip-reader.ts';
import { type BookingView, viewBooking } from '../bookings/view.ts';
import type { Traveler } from '../profile/travelers.ts';
import { selectionRules } from '../watching/selection-rules.ts';
import { requireTrip, type TripDeps } from './deps.ts';
import { rulesOf } from './fare-rules.ts';
import { viewFare } from './fare-view.ts';
import { type TripView, viewTrip } from './view.ts';

export interface TripReadDeps {
  readonly tripReader: TripReader;
}

/** More entries than any trip has; a bound all the same. */
const MAX_TIMELINE = 500;
const MAX_OFFERS = 50;

/** A trip with the booking it became. @throws Refused `missing` */
export async function readTrip({ tripReader }: TripReadDeps, userId: string, id: string): Promise<TripView> {
  const { trip, booking } = requireTrip(await tripReader.find(userId, id));
  return viewTrip(trip, booking && viewBooking(booking));
}

/** The user's trips that match, each with the booking it became. */
export async function listTrips(
  { tripReader }: TripReadDeps,
  userId: string,
  query: TripQuery,
): Promise<(TripView & { readonly cursor: Cursor })[]> {
  const rows = await tripReader.list(userId, query);
  return rows.map(({ trip, booking, cursor }) => ({
    ...viewTrip(trip, booking && viewBooking(booking)),
    cursor,
  }));
}

/** @throws Refused `missing` when there is no such trip, and while it has no booking */
export async function readTripBooking(
  { tripReader }: TripReadDeps,
  userId: string,
  id: string,
): Promise<BookingView> {
  const { booking } = requireTrip(await tripReader.find(userId, id));
  if (!booking) throw new Refused('missing', 'This trip has no booking yet.');
  return viewBooking(booking);
}

export interface TimelineEntry {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly detail: unknown;
  readonly correlationId: string | null;
}

/** What happened to a trip, in order. @param afterId only what came after this entry. @throws Refused `missing` */
export async function readTimeline(
  { tripReader }: TripReadDeps,
  userId: string,
  id: string,
  afterId = 0,
): Promise<TimelineEntry[]> {
  const rows = requireTrip(await tripReader.timeline(userId, id, { afterId, limit: MAX_TIMELINE }));
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** An offer of the latest search, with whatever speaks against it. */
export type OfferView = ReturnType<typeof viewOffer>;

/** The offers of the latest search, cheapest first, each with its objections. @throws Refused `missing` */
export async function readOffers(
  { tripReader, cipher, flags, clock }: TripReadDeps & Pick<TripDeps, 'cipher' | 'flags' | 'clock'>,
  userId: string,
  id: string,
): Promise<OfferView[]> {
  const { trip, offers, travelers } = requireTrip(await tripReader.latestOffers(userId, id, MAX_OFFERS));
  const { verdicts } = selectOffer(
    offers.map(({ summary }) => summary),
    {
      ...rulesOf(trip),
      ...(await selectionRules(flags)),
      passengers: travelers.map(({ dataKey, pii }) => cipher.decrypt<Traveler>(dataKey, userId, pii)),
      now: clock.now(),
    },
  );
  return offers.map((offer, index) => viewOffer(offer, verdicts[index]?.objections ?? []));
}

function viewOffer(offer: FoundOffer, objections: readonly string[]) {
  const { offerId, price, expiresAt, foundAt, summary } = offer;
  return {
    offerId,
    price: formatMoney(price),
    expiresAt: expiresAt?.toISOString() ?? null,
    seenAt: foundAt.toISOString(),
    airline: { code: summary.airline, name: summary.airlineName },
    itinerary: summary.slices,
    fare: viewFare(summary),
    refundable: summary.refundable,
    checkedBags: summary.checkedBags,
    fits: objections.length === 0,
    objections,
  };
}
