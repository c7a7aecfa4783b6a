import { createEvents, type EventAttributes } from 'ics';
import { airport, instantAt } from '../domain/airports.ts';
import type { Slice } from '../domain/offer.ts';

/** One calendar entry per flight, at true instants, so that a calendar anywhere shows them right. */
export function calendarFile(
  slices: readonly Slice[],
  booking: { bookingReference: string; orderId: string; bookedAt: Date },
): string {
  const events = slices
    .flatMap((slice) => slice.segments)
    .map((segment): EventAttributes => {
      const { origin, destination, carrier, flightNumber, carrierName } = segment;
      return {
        uid: `${booking.orderId}-${carrier}${flightNumber}-${segment.departingAtLocal.slice(0, 10)}@parker-flight`,
        productId: 'parker-flight',
        title: `${carrier} ${flightNumber} ${origin} to ${destination}`,
        location: airport(origin)?.name ?? origin,
        description: `${carrierName}, booking reference ${booking.bookingReference}`,
        start: instantAt(origin, segment.departingAtLocal).getTime(),
        end: instantAt(destination, segment.arrivingAtLocal).getTime(),
        startInputType: 'utc',
        startOutputType: 'utc',
        busyStatus: 'BUSY',
      };
    });
  const { error, value } = createEvents(events);
  if (error || !value) throw error ?? new Error('the calendar file came out empty');
  // The library stamps the present moment; a second try to send the same mail must make the same file.
  const stamp = `${booking.bookedAt.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  return value.replaceAll(/^DTSTAMP:.*$/gm, `DTSTAMP:${stamp}`);
}
