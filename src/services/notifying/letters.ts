import { plainTextSelectors, render } from '@react-email/render';
import { compile } from 'html-to-text';
import { DateTime } from 'luxon';
import { createElement } from 'react';
import type { ClaimedNotification } from '../../db/notifications.ts';
import type { TripRow } from '../../db/trips.ts';
import { moneyText } from '../../domain/money.ts';
import { BookingConfirmed } from '../../emails/booking-confirmed.tsx';
import { calendarFile } from '../../emails/calendar.ts';
import { Notice, type NoticeKind, WORDING } from '../../emails/notice.tsx';
import { Permanent } from '../../errors.ts';
import type { Mail } from '../../providers/resend.ts';
import type { Storage } from '../deps.ts';
import type { Traveler } from '../travelers.ts';

export interface LetterDeps extends Storage {
  /** Where the trip's page is. */
  readonly appUrl: string;
  readonly mailFrom: string;
}

/** What a mail says, whoever it goes to. */
type Content = Omit<Mail, 'to' | 'correlationId'>;

/** How a trip ended, or why it stopped: one mail for all but a booking. */
export async function notice(deps: LetterDeps, row: ClaimedNotification, trip: TripRow): Promise<Content> {
  const kind = row.kind as NoticeKind;
  const when = DateTime.fromISO(trip.departureDate).toFormat('d LLLL yyyy');
  const journey = `${trip.origin} to ${trip.destination} on ${when}`;
  const element = createElement(Notice, {
    kind,
    journey,
    message: (row.data as { message?: string }).message ?? trip.outcome.message,
    ...footer(deps, row),
  });
  return { subject: `${WORDING[kind].title}: ${journey}`, ...(await rendered(element)) };
}

/**
 * The mail a traveller keeps, with the journey for their calendar.
 * @throws Permanent `booking_missing`
 */
export async function confirmation(
  deps: LetterDeps,
  row: ClaimedNotification,
  trip: TripRow,
  travelers: readonly Traveler[],
): Promise<Content> {
  const booking = await deps.db
    .selectFrom('flightBookings as b')
    .innerJoin('bookingAttempts as a', 'a.id', 'b.attemptId')
    .select([
      'b.orderId',
      'b.bookingReference',
      'b.priceMinor',
      'b.currency',
      'b.ticketNumbers',
      'b.itinerary',
      'b.bookedAt',
      'a.offer',
    ])
    .where('b.tripId', '=', trip.id)
    .executeTakeFirst();
  if (!booking) throw new Permanent('booking_missing', 'the booking of the notification is gone');
  const { bookingReference, currency, ticketNumbers, itinerary, offer } = booking;
  const card = trip.paymentMethodId
    ? await deps.db
        .selectFrom('paymentMethods')
        .select(['brand', 'last4'])
        .where('id', '=', trip.paymentMethodId)
        .executeTakeFirst()
    : undefined;
  const total = { label: 'Total', amount: moneyText({ minor: booking.priceMinor, currency }) };
  const parts = [
    { label: 'Fare', minor: offer?.baseMinor ?? null },
    { label: 'Taxes and fees', minor: offer?.taxMinor ?? null },
  ].flatMap(({ label, minor }) =>
    minor === null ? [] : [{ label, amount: moneyText({ minor, currency }) }],
  );
  const element = createElement(BookingConfirmed, {
    bookingReference,
    airlineName: offer?.airlineName ?? 'the airline',
    slices: itinerary,
    travelers: travelers.map(({ givenName, familyName }, index) => ({
      name: `${givenName} ${familyName}`,
      ticketNumber: ticketNumbers[index] ?? null,
    })),
    payment: [...parts, total],
    card: card ? `${card.brand.replace(/^./, (first) => first.toUpperCase())} ending in ${card.last4}` : null,
    ...footer(deps, row),
  });
  const content = Buffer.from(calendarFile(itinerary, booking));
  return {
    subject: `Booked: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
    attachments: [{ filename: `parker-${bookingReference}.ics`, content, contentType: 'text/calendar' }],
  };
}

const footer = ({ appUrl, mailFrom }: LetterDeps, { tripId, correlationId }: ClaimedNotification) => ({
  supportAddress: /<(.+)>/.exec(mailFrom)?.[1] ?? mailFrom,
  tripUrl: `${appUrl.replace(/\/$/, '')}/trips/${tripId}`,
  correlationId,
});

/** As `toPlainText` of @react-email/render, which compiles its rules anew for each mail: half of what a text costs. */
const toText = compile({ wordwrap: false, selectors: plainTextSelectors });

/** The text is made from the HTML: rendering the same element a second time would cost three times as much. */
async function rendered(element: Parameters<typeof render>[0]): Promise<{ html: string; text: string }> {
  const html = await render(element);
  return { html, text: toText(html) };
}
