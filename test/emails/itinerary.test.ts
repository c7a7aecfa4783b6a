import { createElement } from 'react';
import { render } from 'react-email';
import { expect, test } from 'vitest';
import type { Slice } from '../../src/domain/offer.ts';
import { BookingConfirmed } from '../../src/emails/booking-confirmed.tsx';
import { TripUpdate, type TripUpdateKind, WORDING } from '../../src/emails/trip-update.tsx';

const leg = (
  origin: string,
  destination: string,
  departs: string,
  arrives: string,
  flightNumber: string,
) => ({
  origin,
  destination,
  departingAtLocal: departs,
  arrivingAtLocal: arrives,
  durationMinutes: 300,
  carrier: 'BA',
  carrierName: 'British Airways',
  flightNumber,
  cabin: 'premium_economy',
  stops: 0,
});

/** London to Auckland over Singapore: two days, two layovers, three clocks. */
const slices: Slice[] = [
  {
    origin: 'LHR',
    destination: 'AKL',
    durationMinutes: 1_635,
    segments: [
      leg('LHR', 'SIN', '2027-03-27T21:15:00', '2027-03-28T18:05:00', '11'),
      leg('SIN', 'AKL', '2027-03-28T20:00:00', '2027-03-29T11:30:00', '12'),
    ],
  },
];
const footer = {
  supportAddress: 'hello@parker.example',
  tripUrl: 'https://parker.example/trips/1',
  correlationId: 'corr-1',
};

test('the itinerary says when, where, who, what it cost, whom to ask; as page and as plain text', async () => {
  const element = createElement(BookingConfirmed, {
    bookingReference: 'ABC123',
    airlineName: 'British Airways',
    slices,
    travelers: [{ name: 'Ada Lovelace', ticketNumber: '125-0000000001' }],
    payment: [
      { label: 'Fare', amount: '300.00 GBP' },
      { label: 'Total', amount: '399.00 GBP' },
    ],
    card: 'Visa ending in 4242',
    ...footer,
  });
  const [html, text] = [
    await render(element),
    (await render(element, { plainText: true })).replaceAll('\u00a0', ' '),
  ];
  for (const words of [
    'ABC123',
    '21:15 LHR',
    '18:05 SIN',
    '1 h 55 min layover in Singapore Changi',
    'Sun 28 Mar 2027',
    'Ticket 125-0000000001',
    '399.00 GBP',
    'Visa ending in 4242',
    'hello@parker.example',
    'premium economy',
    'corr-1',
  ])
    expect(text).toContain(words);
  expect(html).toContain('max-width:560px');
  expect(html).not.toMatch(/<script|<img/i);
});

test('names and messages are text, never markup', async () => {
  const element = createElement(TripUpdate, {
    kind: 'booking_failed',
    actionUrl: footer.tripUrl,
    journey: 'LHR to JFK',
    message: '<img src=x onerror=alert(1)>',
    ...footer,
  });
  expect(await render(element)).not.toContain('<img src=x');
});

test.each(Object.keys(WORDING) as TripUpdateKind[])('%s says what it means for the money', async (kind) => {
  const text = await render(
    createElement(TripUpdate, {
      kind,
      journey: 'LHR to JFK',
      message: 'Something happened.',
      actionUrl: footer.tripUrl,
      ...footer,
    }),
    { plainText: true },
  );
  expect(text).toMatch(/charged|held|card|pay/i);
  expect(text).toContain('https://parker.example/trips/1');
});
