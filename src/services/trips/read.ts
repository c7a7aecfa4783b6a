import { timelineOf } from '../../db/audits.ts';
import { asUser, type Trx } from '../../db/client.ts';
import type { Page } from '../../db/page.ts';
import { latestOffers } from '../../db/searches.ts';
import { findTrip, listTrips, type TripRow } from '../../db/trips.ts';
import { formatMoney } from '../../domain/money.ts';
import { selectOffer } from '../../domain/selection.ts';
import { Refused } from '../../errors.ts';
import type { Flags } from '../../flags/flags.ts';
import { type BookingView, bookingOfTrip } from '../bookings.ts';
import type { Storage } from '../deps.ts';
import { selectionRules } from '../watching/selection-rules.ts';
import { type TripView, viewTrip } from './view.ts';

/** More entries than any trip has; a bound all the same. */
const MAX_TIMELINE = 500;
const MAX_OFFERS = 50;

export function readTrip({ db }: Storage, userId: string, id: string): Promise<TripView> {
  return asUser(db, userId, async (trx) => {
    const [trip, booking] = await Promise.all([ownTrip(trx, id), bookingOfTrip(trx, id)]);
    return viewTrip(trip, booking);
  });
}

export function listOwnTrips({ db }: Storage, userId: string, page: Page) {
  return asUser(db, userId, async (trx) => {
    const rows = await listTrips(trx, page);
    return rows.map((row) => ({ ...viewTrip(row), cursor: { at: row.at, id: row.id } }));
  });
}

export function readTripBooking({ db }: Storage, userId: string, id: string): Promise<BookingView> {
  return asUser(db, userId, async (trx) => {
    await ownTrip(trx, id);
    const booking = await bookingOfTrip(trx, id);
    if (!booking) throw new Refused('missing', 'This trip has no booking yet.');
    return booking;
  });
}

export interface TimelineEntry {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly detail: unknown;
  readonly correlationId: string | null;
}

/** The trip's story. @param afterId only what came after this entry */
export function readTimeline(
  { db }: Storage,
  userId: string,
  id: string,
  afterId = 0,
): Promise<TimelineEntry[]> {
  return asUser(db, userId, async (trx) => {
    await ownTrip(trx, id);
    const rows = await timelineOf(trx, id, { afterId, limit: MAX_TIMELINE });
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  });
}

/** The offers of the latest search, each with what stands for and against it. */
export function readOffers(deps: Storage & { flags: Flags }, userId: string, id: string) {
  return asUser(deps.db, userId, async (trx) => {
    const trip = await ownTrip(trx, id);
    const rows = await latestOffers(trx, { id, searchKey: trip.searchKey, limit: MAX_OFFERS });
    const rules = await selectionRules(deps.flags);
    const mandate = { minor: trip.maxPriceMinor, currency: trip.currency };
    const offers = rows.map((row) => row.summary);
    const { verdicts } = selectOffer(offers, { criteria: trip.criteria, mandate, ...rules, now: new Date() });
    return rows.map((row, index) => ({
      offerId: row.offerId,
      price: formatMoney({ minor: row.priceMinor, currency: row.currency }),
      expiresAt: row.expiresAt?.toISOString() ?? null,
      seenAt: row.createdAt.toISOString(),
      airline: { code: row.summary.airline, name: row.summary.airlineName },
      itinerary: row.summary.slices,
      refundable: row.summary.refundable,
      checkedBags: row.summary.checkedBags,
      fits: verdicts[index]?.objections.length === 0,
      objections: verdicts[index]?.objections ?? [],
    }));
  });
}

/** Row-level security hides what belongs to others, so that theirs and none look the same. */
export async function ownTrip(trx: Trx, id: string): Promise<TripRow> {
  const trip = await findTrip(trx, id);
  if (!trip) throw new Refused('missing', 'There is no such trip.');
  return trip;
}
