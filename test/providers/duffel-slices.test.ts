import { expect, test } from 'vitest';
import { sliceSchema, toSlice } from '../../src/providers/duffel/normalise-slice.ts';

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
const sliceOf = (
  changes: Partial<typeof segment> & Record<string, unknown>,
  duration: string | null = 'PT8H15M',
) => {
  const one = { ...segment, ...changes };
  const raw = { origin: one.origin, destination: one.destination, duration, segments: [one] };
  return toSlice(sliceSchema.parse(raw));
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

test('who flies, terminals and aircraft are kept where they are said, and left out where not or unreadable', () => {
  const said = {
    operating_carrier: { iata_code: 'AA', name: 'American Airlines' },
    operating_carrier_flight_number: '6143',
    origin_terminal: '5',
    destination_terminal: '8',
    aircraft: { name: 'Boeing 777-300ER' },
  };
  expect(sliceOf(said).segments[0]).toMatchObject({
    operatedBy: 'American Airlines AA 6143',
    departureTerminal: '5',
    arrivalTerminal: '8',
    aircraft: 'Boeing 777-300ER',
  });
  const withoutNumber = sliceOf({ ...said, operating_carrier_flight_number: null }).segments[0];
  expect(withoutNumber).toMatchObject({ operatedBy: 'American Airlines' });
  const unsaid = { operating_carrier: segment.marketing_carrier, origin_terminal: null, aircraft: 7 };
  for (const key of ['operatedBy', 'departureTerminal', 'arrivalTerminal', 'aircraft'])
    expect(sliceOf(unsaid).segments[0]).not.toHaveProperty(key);
});
