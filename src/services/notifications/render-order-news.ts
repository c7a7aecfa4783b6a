import { createElement } from 'react';
import type { Slice } from '../../domain/offer.ts';
import type { Passenger } from '../../domain/passenger.ts';
import { calendarChange } from '../../emails/calendar.ts';
import { FlightsChanged } from '../../emails/flights-changed.tsx';
import { TicketsIssued } from '../../emails/tickets-issued.tsx';
import type {
  ClaimedNotification,
  NotifiedBooking,
  NotifiedTrip,
} from '../../ports/storage/notifications.ts';
import {
  addressOf,
  attachment,
  type Content,
  footer,
  type RenderOptions,
  rendered,
  ticketed,
} from './render-email.ts';

/** What a notification of kind `flights_changed` carries. */
interface ChangedData {
  readonly message: string;
  readonly number: number;
  readonly before: readonly Slice[];
  readonly after: readonly Slice[];
  readonly canAccept: boolean;
}

/**
 * Renders the e-mail of kind `flights_changed`, with what brings a calendar up to date. All that changes stands in the notification, so
 * that a second attempt renders the same.
 */
export async function renderFlightsChanged(
  deps: RenderOptions,
  row: ClaimedNotification,
  trip: NotifiedTrip,
  booking: NotifiedBooking,
): Promise<Content> {
  const { message, number, before, after, canAccept } = row.data as ChangedData;
  const { bookingReference, bookedAt, offer } = booking;
  const element = createElement(FlightsChanged, {
    bookingReference,
    airlineName: offer?.airlineName ?? 'the airline',
    message,
    before,
    after,
    canAccept,
    ...footer(deps, row),
  });
  const calendar = { ...booking, organizer: addressOf(deps), changes: number };
  return {
    subject: `Flights changed: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
    attachments: calendarChange(before, after, calendar, row.firstTriedAt ?? bookedAt).map(attachment),
  };
}

/** Renders the e-mail of kind `tickets_issued`. */
export async function renderTicketsIssued(
  deps: RenderOptions,
  row: ClaimedNotification,
  trip: NotifiedTrip,
  travelers: readonly Passenger[],
  { bookingReference, itinerary }: NotifiedBooking,
): Promise<Content> {
  const { tickets } = row.data as { readonly tickets: readonly string[] };
  const element = createElement(TicketsIssued, {
    bookingReference,
    slices: itinerary,
    travelers: ticketed(travelers, tickets),
    ...footer(deps, row),
  });
  return {
    subject: `Tickets issued: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
  };
}
