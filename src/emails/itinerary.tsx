import { DateTime } from 'luxon';
import { Fragment } from 'react';
import { Column, Row, Section, Text } from 'react-email';
import { airport } from '../domain/airports.ts';
import type { Segment, Slice } from '../domain/offer.ts';
import { ink, Part, small } from './layout.tsx';

const big = { color: ink.strong, fontSize: 18, fontWeight: 600, lineHeight: '24px', margin: 0 };
/** `11 h 20 min`, `7 h`, `55 min`. */
const duration = (minutes: number): string => {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [hours > 0 && `${hours}\u00a0h`, (rest > 0 || hours === 0) && `${rest}\u00a0min`];
  return parts.filter(Boolean).join('\u00a0');
};
export const day = (local: string): string => DateTime.fromISO(local).toFormat('ccc d LLL yyyy');
export const clock = (local: string): string => local.slice(11, 16);
export const placeName = (code: string): string =>
  airport(code)?.name.replace(/ International Airport| Airport/, '') ?? code;

/** The journey slice by slice; every time is the local time of its airport. @param props.heading a word before each slice's title */
export function Itinerary({ slices, heading }: { slices: readonly Slice[]; heading?: string }) {
  return (
    <>
      {slices.map((slice) => (
        <Part
          key={`${slice.origin}${slice.segments[0]?.departingAtLocal}`}
          title={`${heading ? `${heading}: ` : ''}${placeName(slice.origin)} to ${placeName(slice.destination)} · ${duration(slice.durationMinutes)}`}
        >
          {slice.segments.map((segment, index) => (
            <Fragment key={segment.departingAtLocal}>
              {index > 0 && <Layover from={slice.segments[index - 1] as Segment} to={segment} />}
              <Flight segment={segment} />
            </Fragment>
          ))}
        </Part>
      ))}
      <Text style={small}>All times are local to the airport.</Text>
    </>
  );
}

/** What is known of who flies, and in what. */
export const saidOf = ({ operatedBy, aircraft }: Segment): string[] => [
  ...(operatedBy ? [`Operated by ${operatedBy}`] : []),
  ...(aircraft ? [aircraft] : []),
];

const placeAt = (code: string, terminal: string | undefined): string =>
  terminal ? `${placeName(code)}, Terminal ${terminal}` : placeName(code);

function Flight({ segment }: { segment: Segment }) {
  const { origin, destination, departingAtLocal, arrivingAtLocal, departureTerminal, arrivalTerminal } =
    segment;
  const said = saidOf(segment);
  const overnight = departingAtLocal.slice(0, 10) !== arrivingAtLocal.slice(0, 10);
  return (
    <Section style={{ margin: '0 0 10px' }}>
      <Text style={{ ...small, margin: 0 }}>
        {day(departingAtLocal)} · {segment.carrierName} {segment.carrier} {segment.flightNumber} ·{' '}
        {segment.cabin.replaceAll('_', ' ')}
      </Text>
      {said.length > 0 && <Text style={{ ...small, margin: 0 }}>{said.join(' · ')}</Text>}
      <Row>
        <Column style={{ width: '50%', verticalAlign: 'top' }}>
          <Text style={big}>
            {clock(departingAtLocal)} {origin}
          </Text>
          <Text style={{ ...small, margin: 0 }}>{placeAt(origin, departureTerminal)}</Text>
        </Column>
        <Column style={{ width: '50%', verticalAlign: 'top' }}>
          <Text style={big}>
            {clock(arrivingAtLocal)} {destination}
          </Text>
          <Text style={{ ...small, margin: 0 }}>
            {placeAt(destination, arrivalTerminal)}
            {overnight && `, ${day(arrivingAtLocal)}`}
          </Text>
        </Column>
      </Row>
    </Section>
  );
}

/** Both times are local to the same airport, so their difference is the wait. */
function Layover({ from, to }: { from: Segment; to: Segment }) {
  const minutes = DateTime.fromISO(to.departingAtLocal).diff(
    DateTime.fromISO(from.arrivingAtLocal),
    'minutes',
  ).minutes;
  const moves = from.destination !== to.origin;
  return (
    <Text
      style={{
        ...small,
        backgroundColor: ink.page,
        borderRadius: 6,
        margin: '0 0 10px',
        padding: '6px 10px',
      }}
    >
      {duration(minutes)} layover in {placeName(from.destination)}
      {moves && `; change to ${placeName(to.origin)}`}
    </Text>
  );
}
