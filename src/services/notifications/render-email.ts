import { compile } from 'html-to-text';
import { DateTime } from 'luxon';
import { createElement } from 'react';
import { plainTextSelectors, render } from 'react-email';
import { REFUND_TAKES } from '../../domain/cancellation-words.ts';
import { type DecimalMoney, moneyText, parseMoney } from '../../domain/money.ts';
import type { Passenger } from '../../domain/passenger.ts';
import { CONFIRM_PAYMENT } from '../../domain/trip.ts';
import { BookingCancelled } from '../../emails/booking-cancelled.tsx';
import { BookingConfirmed } from '../../emails/booking-confirmed.tsx';
import { type CalendarFile, calendarCancellations, calendarFile } from '../../emails/calendar.ts';
import type { TicketedTraveller } from '../../emails/travellers.tsx';
import { TripUpdate, type TripUpdateKind, WORDING } from '../../emails/trip-update.tsx';
import type { Mail } from '../../ports/mail.ts';
import type {
  ClaimedNotification,
  NotifiedBooking,
  NotifiedTrip,
} from '../../ports/storage/notifications.ts';

export interface RenderOptions {
  /** Where the trip's page is. */
  readonly appUrl: string;
  readonly mailFrom: string;
}

/** An e-mail without its recipient. */
export type Content = Omit<Mail, 'to' | 'correlationId'>;

/** Renders the e-mails without a journey: how a trip ended, or why it stopped. */
export async function renderTripUpdate(
  deps: RenderOptions,
  row: ClaimedNotification,
  trip: NotifiedTrip,
): Promise<Content> {
  const kind = row.kind as TripUpdateKind;
  const when = DateTime.fromISO(trip.departureDate).toFormat('d LLLL yyyy');
  const journey = `${trip.origin} to ${trip.destination} on ${when}`;
  const { tripUrl, ...rest } = footer(deps, row);
  const element = createElement(TripUpdate, {
    kind,
    journey,
    message: (row.data as { message?: string }).message ?? trip.outcome.message,
    tripUrl,
    actionUrl: kind === CONFIRM_PAYMENT ? `${tripUrl}/confirm-payment` : tripUrl,
    ...rest,
  });
  return { subject: `${WORDING[kind].title}: ${journey}`, ...(await rendered(element)) };
}

/** Renders the e-mail of kind `booking_confirmed`, with the journey as a calendar file. */
export async function renderConfirmation(
  deps: RenderOptions,
  row: ClaimedNotification,
  trip: NotifiedTrip,
  travelers: readonly Passenger[],
  booking: NotifiedBooking,
): Promise<Content> {
  const { bookingReference, currency, ticketNumbers, itinerary, offer, card } = booking;
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
    travelers: ticketed(travelers, ticketNumbers),
    payment: [...parts, total],
    card: cardText(card),
    ...footer(deps, row),
  });
  const organizer = addressOf(deps);
  return {
    subject: `Booked: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
    attachments: [calendarFile(itinerary, { ...booking, organizer })].map(attachment),
  };
}

/** What a notification of kind `booking_cancelled` carries. The version before wrote the message alone. */
interface CancelledData {
  readonly message: string;
  readonly paid?: DecimalMoney;
  readonly refunded?: DecimalMoney;
  readonly cancelledAt?: string;
}

/**
 * Renders the e-mail of kind `booking_cancelled`, with what withdraws the journey from a calendar. Everything in it stands in the
 * notification or never changes, so that a second attempt renders the same.
 */
export async function renderCancellation(
  deps: RenderOptions,
  row: ClaimedNotification,
  trip: NotifiedTrip,
  booking: NotifiedBooking,
): Promise<Content> {
  const { bookingReference, currency, priceMinor, itinerary, offer, card } = booking;
  const { message, paid, refunded, cancelledAt } = row.data as CancelledData;
  const refundMinor = refunded && parseMoney(refunded)?.minor;
  const paidText = paid ? `${paid.amount} ${paid.currency}` : moneyText({ minor: priceMinor, currency });
  const element = createElement(BookingCancelled, {
    bookingReference,
    airlineName: offer?.airlineName ?? 'the airline',
    slices: itinerary,
    message,
    payment: [
      { label: 'Paid', amount: paidText },
      ...(refunded ? [{ label: 'Refund requested', amount: `${refunded.amount} ${refunded.currency}` }] : []),
    ],
    refundTakes: refundMinor === 0 ? null : REFUND_TAKES,
    card: cardText(card),
    ...footer(deps, row),
  });
  const at = cancelledAt ? new Date(cancelledAt) : booking.bookedAt;
  return {
    subject: `Cancelled: ${trip.origin} to ${trip.destination}, reference ${bookingReference}`,
    ...(await rendered(element)),
    attachments: calendarCancellations(itinerary, { ...booking, organizer: addressOf(deps) }, at).map(
      attachment,
    ),
  };
}

/** Travellers with their tickets, which stand in the order of the travellers. */
export const ticketed = (travelers: readonly Passenger[], tickets: readonly string[]): TicketedTraveller[] =>
  travelers.map(({ givenName, familyName }, index) => ({
    name: `${givenName} ${familyName}`,
    ticketNumber: tickets[index] ?? null,
  }));

export const attachment = ({ content, ...file }: CalendarFile) => ({
  ...file,
  content: Buffer.from(content),
});

const cardText = (card: NotifiedBooking['card']): string | null =>
  card ? `${card.brand.replace(/^./, (first) => first.toUpperCase())} ending in ${card.last4}` : null;

export const addressOf = ({ mailFrom }: Pick<RenderOptions, 'mailFrom'>): string =>
  /<(.+)>/.exec(mailFrom)?.[1] ?? mailFrom;

export const footer = (options: RenderOptions, { tripId, correlationId }: ClaimedNotification) => ({
  supportAddress: addressOf(options),
  tripUrl: `${options.appUrl.replace(/\/$/, '')}/trips/${tripId}`,
  correlationId,
});

/** As `toPlainText` of react-email, which compiles its rules again for each e-mail: half of what a text costs. */
const toText = compile({ wordwrap: false, selectors: plainTextSelectors });

/** The text is made from the HTML: rendering the same element a second time would cost three times as much. */
export async function rendered(
  element: Parameters<typeof render>[0],
): Promise<{ html: string; text: string }> {
  const html = await render(element);
  return { html, text: toText(html) };
}
