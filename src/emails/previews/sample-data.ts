import type { Segment, Slice } from '../../domain/offer.ts';
import type { BookingCancelledProps } from '../booking-cancelled.tsx';
import type { BookingConfirmedProps } from '../booking-confirmed.tsx';
import type { FlightsChangedProps } from '../flights-changed.tsx';
import type { TicketsIssuedProps } from '../tickets-issued.tsx';
import type { TripUpdateKind, TripUpdateProps } from '../trip-update.tsx';

/** What the previews of `npm run email:dev` show, and what the tests of the templates render. */
const FOOTER = {
  supportAddress: 'hello@parker.example',
  tripUrl: 'https://parker.example/trips/0199a1c2-7d3e-7c4b-9f10-2a6b8c0d4e5f',
  correlationId: '4f6d2b8e-3a51-4c07-8e9b-d1f0a7c35b62',
};

const flight = (
  flown: Pick<Segment, 'origin' | 'destination' | 'flightNumber'> & Partial<Segment>,
): Segment => ({
  departingAtLocal: '2027-03-03T12:55:00',
  arrivingAtLocal: '2027-03-03T16:10:00',
  durationMinutes: 195,
  carrier: 'FI',
  carrierName: 'Icelandair',
  cabin: 'economy',
  stops: 0,
  ...flown,
});

/** Out with a connection, back overnight; two travellers, one ticket number still to come. */
export const BOOKING_CONFIRMED: BookingConfirmedProps = {
  ...FOOTER,
  bookingReference: 'X4K9QT',
  airlineName: 'Icelandair',
  slices: [
    {
      origin: 'LHR',
      destination: 'JFK',
      durationMinutes: 680,
      segments: [
        flight({
          origin: 'LHR',
          destination: 'KEF',
          flightNumber: '451',
          departureTerminal: '2',
          aircraft: 'Boeing 737 MAX 8',
        }),
        flight({
          origin: 'KEF',
          destination: 'JFK',
          flightNumber: '615',
          departingAtLocal: '2027-03-03T17:05:00',
          arrivingAtLocal: '2027-03-03T19:15:00',
          operatedBy: 'JetBlue B6 5120',
          arrivalTerminal: '7',
        }),
      ],
    },
    {
      origin: 'JFK',
      destination: 'LHR',
      durationMinutes: 420,
      segments: [
        flight({
          origin: 'JFK',
          destination: 'LHR',
          flightNumber: '614',
          departingAtLocal: '2027-03-10T20:30:00',
          arrivingAtLocal: '2027-03-11T08:30:00',
          cabin: 'premium_economy',
        }),
      ],
    },
  ],
  travelers: [
    { name: 'Ada Lovelace', ticketNumber: '108-2400000001' },
    { name: 'Charles Babbage', ticketNumber: null },
  ],
  payment: [
    { label: 'Fare', amount: '612.00 GBP' },
    { label: 'Taxes and fees', amount: '186.00 GBP' },
    { label: 'Total', amount: '798.00 GBP' },
  ],
  card: 'Visa ending in 4242',
};

/** The same journey, cancelled by its traveller; the airline keeps a part. */
export const BOOKING_CANCELLED: BookingCancelledProps = {
  ...FOOTER,
  bookingReference: BOOKING_CONFIRMED.bookingReference,
  airlineName: BOOKING_CONFIRMED.airlineName,
  slices: BOOKING_CONFIRMED.slices,
  message:
    'You cancelled this booking. A refund of 712.00 GBP to your card was requested; you had paid 798.00 GBP.',
  payment: [
    { label: 'Paid', amount: '798.00 GBP' },
    { label: 'Refund requested', amount: '712.00 GBP' },
  ],
  refundTakes: '5 to 10 business days',
  card: BOOKING_CONFIRMED.card,
};

const [OUT, BACK] = BOOKING_CONFIRMED.slices as [Slice, Slice];

/** The way out leaves later, with another aircraft; the way back is not flown any more. */
export const FLIGHTS_CHANGED: FlightsChangedProps = {
  ...FOOTER,
  bookingReference: BOOKING_CONFIRMED.bookingReference,
  airlineName: BOOKING_CONFIRMED.airlineName,
  message:
    'The airline has changed the times or flights of your booking. You may accept the new flights on the page of your trip, or cancel the booking there; when a change does not suit you, the airline may owe you the whole price.',
  before: [OUT, BACK],
  after: [
    {
      ...OUT,
      segments: OUT.segments.map((segment) => ({
        ...segment,
        departingAtLocal: segment.departingAtLocal.replace('T1', 'T2').replace('T22', 'T21'),
        arrivingAtLocal: segment.arrivingAtLocal.replace('2027-03-03T1', '2027-03-04T0'),
      })),
    },
  ],
  canAccept: true,
};

/** The tickets of both, the day after. */
export const TICKETS_ISSUED: TicketsIssuedProps = {
  ...FOOTER,
  bookingReference: BOOKING_CONFIRMED.bookingReference,
  slices: BOOKING_CONFIRMED.slices,
  travelers: [
    { name: 'Ada Lovelace', ticketNumber: '108-2400000001' },
    { name: 'Charles Babbage', ticketNumber: '108-2400000002' },
  ],
};

/** A message of each kind, in the words of the step that sends it. */
const MESSAGES: Record<TripUpdateKind, string> = {
  payment_failed: 'Your card was declined (insufficient funds). Choose another card to go on.',
  booking_failed: 'The airline refused the booking.',
  price_change: 'The fare moved before it could be bought. It now costs 455.00 GBP. We keep watching.',
  action_needed:
    'Your bank wants you to confirm the payment yourself. Add the card again, or another one, to go on.',
  confirm_payment:
    'Your bank wants you to confirm the payment of 399.00 GBP yourself. Nothing is bought or charged until you do. You have until 2027-02-11 14:27 UTC: the airline keeps the fare no longer. After that we keep watching.',
  cancellation_refused: 'The airline gives nothing back for this fare.',
  cancellation_delayed:
    'A person is looking into the cancellation of your booking and will write to you. Until they write, it is not certain whether the ticket is still valid.',
  airline_cancelled:
    'The airline cancelled your booking, so your tickets are no longer valid. We ask the airline for your money and write to you with the amount; you need not do anything for it.',
  refund_update: 'Your bank has confirmed the refund: 712.00 GBP goes back to your card.',
};

export const tripUpdate = (kind: TripUpdateKind): TripUpdateProps => ({
  ...FOOTER,
  kind,
  actionUrl: kind === 'confirm_payment' ? `${FOOTER.tripUrl}/confirm-payment` : FOOTER.tripUrl,
  journey: 'LHR to JFK on 3 March 2027',
  message: MESSAGES[kind],
});
