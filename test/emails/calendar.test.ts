import { expect, test } from 'vitest';
import type { Segment, Slice } from '../../src/domain/offer.ts';
import { calendarCancellations, calendarFile } from '../../src/emails/calendar.ts';

const flight = (
  origin: string,
  destination: string,
  departs: string,
  arrives: string,
  flightNumber: string,
): Segment => ({
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

/** London to Auckland over Singapore: two days, three clocks, a clock change. */
const slices: Slice[] = [
  {
    origin: 'LHR',
    destination: 'AKL',
    durationMinutes: 1_635,
    segments: [
      flight('LHR', 'SIN', '2027-03-27T21:15:00', '2027-03-28T18:05:00', '11'),
      flight('SIN', 'AKL', '2027-03-28T20:00:00', '2027-03-29T11:30:00', '12'),
    ],
  },
];
const booking = {
  bookingReference: 'ABC123',
  orderId: 'ord_1',
  bookedAt: new Date('2027-01-01T00:00:00Z'),
  organizer: 'hello@parker.example',
};
const CANCELLED_AT = new Date('2027-01-05T10:11:12.345Z');

/** The content lines of RFC 5545, unfolded, by name in order. */
function properties(file: string): Map<string, string[]> {
  expect(file.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const found = new Map<string, string[]>();
  for (const line of file
    .replaceAll(/\r\n[ \t]/g, '')
    .split('\r\n')
    .filter(Boolean)) {
    const [, name = '', value = ''] = /^([A-Z-]+)(?:;[^:]*)?:(.*)$/.exec(line) ?? [];
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}
const one = (file: string, name: string): string | undefined => {
  const values = properties(file).get(name);
  expect(values, name).toHaveLength(1);
  return values?.[0];
};

test('the calendar holds each flight at its true instant, through two time zones and a clock change', () => {
  const { content } = calendarFile(slices, booking);
  const said = properties(content);
  expect(said.get('BEGIN')).toEqual(['VCALENDAR', 'VEVENT', 'VEVENT']);
  // London is still on winter time on the 27th; Auckland on summer time on the 29th.
  expect(said.get('DTSTART')).toEqual(['20270327T211500Z', '20270328T120000Z']);
  expect(said.get('DTEND')).toEqual(['20270328T100500Z', '20270328T223000Z']);
  expect(calendarFile(slices, booking).content).toBe(content);
});

test('a flight to an airport that is not ours has the time of the zone that its seller names', () => {
  const [slice] = slices as [Slice];
  const [first] = slice.segments as [Segment];
  const elsewhere = { ...first, destination: 'QQZ', arrivingZone: 'Asia/Singapore' };
  const { content } = calendarFile([{ ...slice, segments: [elsewhere] }], booking);
  expect(one(content, 'DTEND')).toBe('20270328T100500Z');
});

test('a published entry has a UID, a number, an organizer; method and type agree', () => {
  const { content, contentType } = calendarFile(slices, booking);
  const said = properties(content);
  expect(said.get('METHOD')).toEqual(['PUBLISH']);
  expect(contentType).toBe('text/calendar; charset=utf-8; method=PUBLISH');
  expect(said.get('UID')).toEqual([
    'ord_1-BA11-2027-03-27@parker-flight',
    'ord_1-BA12-2027-03-28@parker-flight',
  ]);
  expect(said.get('SEQUENCE')).toEqual(['0', '0']);
  expect(said.get('STATUS')).toEqual(['CONFIRMED', 'CONFIRMED']);
  expect(said.get('ORGANIZER')?.[0]).toMatch(/^mailto:hello@parker\.example$/i);
});

test('a cancelled booking withdraws each entry by its UID, under a higher number, in a file of its own', () => {
  const published = properties(calendarFile(slices, booking).content);
  const files = calendarCancellations(slices, booking, CANCELLED_AT);
  expect(files.map(({ content }) => one(content, 'UID'))).toEqual(published.get('UID'));
  for (const [index, { content, contentType }] of files.entries()) {
    expect(one(content, 'METHOD')).toBe('CANCEL');
    expect(contentType).toBe('text/calendar; charset=utf-8; method=CANCEL');
    expect(one(content, 'STATUS')).toBe('CANCELLED');
    expect(Number(one(content, 'SEQUENCE'))).toBeGreaterThan(Number(published.get('SEQUENCE')?.[index]));
    expect(one(content, 'DTSTAMP')).toBe('20270105T101112Z');
    expect(one(content, 'DTSTART')).toBe(published.get('DTSTART')?.[index]);
    expect(one(content, 'ORGANIZER')).toBe(published.get('ORGANIZER')?.[index]);
    // The method stands before the first component, where RFC 5545 (3.6) wants it.
    expect(content.indexOf('METHOD:')).toBeLessThan(content.indexOf('BEGIN:VEVENT'));
  }
  expect(new Set(files.map(({ filename }) => filename)).size).toBe(files.length);
  expect(calendarCancellations(slices, booking, CANCELLED_AT)).toEqual(files);
});
