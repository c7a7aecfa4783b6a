import { instantAt } from './airports.ts';
import type { Slice } from './offer.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a booked order waits for. */
export interface AwaitedNews {
  /** Tickets that the airline has still to issue. */
  readonly tickets: boolean;
  /** A change that was accepted, or a cancellation that is being worked on: the order is about to say so. */
  readonly decision: boolean;
}

/** While something is waited for, for a day after the booking; afterwards as often as a flight that is near. */
const AWAITED_MS = 10 * MINUTE_MS;
/** By how far the next departure is, in ms: airlines change flights months ahead, and most in the last days. */
const INTERVALS: readonly (readonly [within: number, every: number])[] = [
  [3 * DAY_MS, HOUR_MS],
  [30 * DAY_MS, 6 * HOUR_MS],
  [Number.POSITIVE_INFINITY, DAY_MS],
];
/** After the last arrival nothing is left to change. */
const AFTER_ARRIVAL_MS = DAY_MS;

/**
 * When a booked order is read again, whether or not a webhook comes.
 * @returns null once it has been flown
 */
export function nextLookAt(
  itinerary: readonly Slice[],
  awaited: AwaitedNews,
  { bookedAt, now }: { readonly bookedAt: Date; readonly now: Date },
): Date | null {
  const segments = itinerary.flatMap((slice) => slice.segments);
  const departures = segments.map((one) => instantAt(one.origin, one.departingAtLocal, one.departingZone));
  const arrivals = segments.map((one) => instantAt(one.destination, one.arrivingAtLocal, one.arrivingZone));
  const at = now.getTime();
  if (Math.max(0, ...arrivals.map(Number)) + AFTER_ARRIVAL_MS < at) return null;
  const next = Math.min(...departures.map(Number).filter((departure) => departure > at));
  // On the way there is no departure left, or it is near.
  const farMs = Number.isFinite(next) ? next - at : 0;
  const usual = INTERVALS.find(([within]) => farMs <= within)?.[1] ?? DAY_MS;
  const young = at - bookedAt.getTime() < DAY_MS;
  const soon = awaited.decision || (awaited.tickets && young) ? AWAITED_MS : usual;
  return new Date(at + (awaited.tickets ? Math.min(soon, HOUR_MS) : soon));
}
