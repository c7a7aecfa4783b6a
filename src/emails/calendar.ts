import { createEvents, type EventAttributes } from 'ics';
import { airport, instantAt } from '../domain/airports.ts';
import type { Segment, Slice } from '../domain/offer.ts';

/** What the calendar entries of a booking are made of. */
export interface CalendarBooking {
  readonly bookingReference: string;
  readonly orderId: string;
  readonly bookedAt: Date;
  /** An address of ours: RFC 5546 wants an organizer, and lets only the organizer withdraw an entry. */
  readonly organizer: string;
  /** How often the airline has changed the flights: a calendar takes an entry anew only under a higher number. */
  readonly changes?: number;
}

/** A file for a mail's attachment. Its type names the method too: Outlook withdraws an entry only when both agree. */
export interface CalendarFile {
  readonly filename: string;
  readonly content: string;
  readonly contentType: string;
}

/** An entry as it is published, and the higher number under which it is withdrawn. RFC 5545, 3.8.7.4. */
const STATUS = { published: 'CONFIRMED', cancelled: 'CANCELLED' } as const;
const sequenceOf = ({ changes = 0 }: CalendarBooking, state: keyof typeof STATUS): number =>
  state === 'cancelled' ? changes + 1 : changes;

/** One calendar entry per flight, in UTC, so that a calendar in any time zone shows it correctly. */
export function calendarFile(slices: readonly Slice[], booking: CalendarBooking): CalendarFile {
  return {
    filename: `parker-${booking.bookingReference}.ics`,
    content: written(
      flightsOf(slices).map((segment) => entry(segment, booking, 'published')),
      'PUBLISH',
      booking.bookedAt,
    ),
    contentType: 'text/calendar; charset=utf-8; method=PUBLISH',
  };
}

/**
 * What withdraws the entries of `calendarFile` from a calendar. A file per flight: RFC 5546 (3.2.5) lets a cancellation name
 * one UID only.
 */
export function calendarCancellations(
  slices: readonly Slice[],
  booking: CalendarBooking,
  cancelledAt: Date,
): CalendarFile[] {
  return flightsOf(slices).map((segment) => cancellationOf(segment, booking, cancelledAt));
}

function cancellationOf(segment: Segment, booking: CalendarBooking, cancelledAt: Date): CalendarFile {
  return {
    filename: `parker-${booking.bookingReference}-${segment.carrier}${segment.flightNumber}-cancelled.ics`,
    content: written([entry(segment, booking, 'cancelled')], 'CANCEL', cancelledAt),
    contentType: 'text/calendar; charset=utf-8; method=CANCEL',
  };
}

/**
 * What brings a calendar from one itinerary to another: the flights of now, and one file for each flight that is gone. A flight that keeps
 * its number and day keeps its entry.
 * @param booking with the number of this change
 */
export function calendarChange(
  before: readonly Slice[],
  after: readonly Slice[],
  booking: CalendarBooking,
  changedAt: Date,
): CalendarFile[] {
  const kept = new Set(flightsOf(after).map((segment) => uidOf(segment, booking.orderId)));
  const gone = flightsOf(before).filter((segment) => !kept.has(uidOf(segment, booking.orderId)));
  return [
    ...(after.length > 0 ? [calendarFile(after, { ...booking, bookedAt: changedAt })] : []),
    // Under the number of this change: whatever was published before has a lower one.
    ...gone.map((segment) =>
      cancellationOf(segment, { ...booking, changes: (booking.changes ?? 1) - 1 }, changedAt),
    ),
  ];
}

const flightsOf = (slices: readonly Slice[]): Segment[] => slices.flatMap((slice) => slice.segments);

/** The UID must never change: by it a calendar finds the entry that is withdrawn. */
const uidOf = ({ carrier, flightNumber, departingAtLocal }: Segment, orderId: string): string =>
  `${orderId}-${carrier}${flightNumber}-${departingAtLocal.slice(0, 10)}@parker-flight`;

function entry(segment: Segment, booking: CalendarBooking, state: keyof typeof STATUS): EventAttributes {
  const { origin, destination, carrier, flightNumber, carrierName } = segment;
  const cancelled = state === 'cancelled';
  return {
    uid: uidOf(segment, booking.orderId),
    sequence: sequenceOf(booking, state),
    status: STATUS[state],
    organizer: { name: 'Parker Flight', email: booking.organizer },
    productId: 'parker-flight',
    title: `${cancelled ? 'Cancelled: ' : ''}${carrier} ${flightNumber} ${origin} to ${destination}`,
    location: airport(origin)?.name ?? origin,
    description: `${carrierName}, booking reference ${booking.bookingReference}`,
    start: instantAt(origin, segment.departingAtLocal, segment.departingZone).getTime(),
    end: instantAt(destination, segment.arrivingAtLocal, segment.arrivingZone).getTime(),
    startInputType: 'utc',
    startOutputType: 'utc',
    busyStatus: cancelled ? 'FREE' : 'BUSY',
  };
}

function written(events: EventAttributes[], method: 'PUBLISH' | 'CANCEL', at: Date): string {
  const { error, value } = createEvents(events, { method, productId: 'parker-flight' });
  if (error || !value) throw error ?? new Error('the calendar file came out empty');
  // The library stamps the current time; a second attempt to send the same e-mail must produce the same file.
  const stamp = at.toISOString().replace(/[-:]|\.\d+/g, '');
  return value.replaceAll(/^DTSTAMP:.*$/gm, `DTSTAMP:${stamp}`);
}
