import { expect, test } from 'vitest';
import { toSlice } from '../../src/providers/duffel/normalise-slice.ts';

const HEATHROW = { iata_code: 'LHR', time_zone: 'Europe/London' };
const KENNEDY = { iata_code: 'JFK', time_zone: 'America/New_York' };
const segment = {
  origin: HEATHROW,
  destination: KENNEDY,
  departing_at: '2027-03-03T12:55:00',
  arriving_at: '2027-03-03T16:10:00',
  duration: 'PT8H15M' as string | null,
  marketing_carrier: { iata_code: 'BA', name: 'British Airways' },
  marketing_carrier_flight_number: '117',
  passengers: [{ cabin_class: 'economy' }],
};
const sliceOf = (changes: Partial<typeof segment>, duration: string | null = 'PT8H15M') => {
  const one = { ...segment, ...changes };
  return toSlice({ origin: one.origin, destination: one.destination, duration, segments: [one] });
};

test('a duration that is missing or unreadable is computed from the local times', () => {
  for (const missing of [null, 'PT0S', 'soon']) {
    const slice = sliceOf({ duration: missing }, missing);
    expect([slice.durationMinutes, slice.segments[0]?.durationMinutes]).toEqual([495, 495]);
  }
});

test('an airport that is not ours has the time of the zone that Duffel names', () => {
  const nowhere = { iata_code: 'QQZ', time_zone: 'Asia/Tokyo' };
  const slice = sliceOf({ destination: nowhere, arriving_at: '2027-03-04T09:55:00', duration: null }, null);
  expect(slice.segments[0]).toMatchObject({ arrivingZone: 'Asia/Tokyo', durationMinutes: 12 * 60 });
  expect(slice.segments[0]).not.toHaveProperty('departingZone');
});

test('a zone that does not exist is not stored', () => {
  const nowhere = { iata_code: 'QQZ', time_zone: 'Asia/ Bangkok' };
  expect(sliceOf({ destination: nowhere }).segments[0]).not.toHaveProperty('arrivingZone');
});
