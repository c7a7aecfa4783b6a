import { Column } from '@react-email/column';
import { Row } from '@react-email/row';
import { Section } from '@react-email/section';
import { Text } from '@react-email/text';
import { DateTime } from 'luxon';
import { Fragment } from 'react';
import { airport } from '../domain/airports.ts';
import type { Segment, Slice } from '../domain/offer.ts';
import { ink, Part, small } from './layout.tsx';

const big = { color: ink.strong, fontSize: 18, fontWeight: 600, lineHeight: '24px', margin: 0 };
const hours = (minutes: number): string =>
  `${Math.floor(minutes / 60)}\u00a0h\u00a0${String(minutes % 60).padStart(2, '0')}\u00a0min`;
const day = (local: string): string => DateTime.fromISO(local).toFormat('ccc d LLL yyyy');
const clock = (local: string): string => local.slice(11, 16);
const placeName = (code: string): string =>
  airport(code)?.name.replace(/ International Airport| Airport/, '') ?? code;

/** The journey slice by slice; every time is the local time of its airport. */
export function Itinerary({ slices }: { slices: readonly Slice[] }) {
  return (
    <>
      {slices.map((slice) => (
        <Part
          key={`${slice.origin}${slice.segments[0]?.departingAtLocal}`}
          title={`${placeName(slice.origin)} to ${placeName(slice.destination)} · ${hours(slice.durationMinutes)}`}
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

function Flight({ segment }: { segment: Segment }) {
  const { origin, destination, departingAtLocal, arrivingAtLocal } = segment;
  const overnight = departingAtLocal.slice(0, 10) !== arrivingAtLocal.slice(0, 10);
  return (
    <Section style={{ margin: '0 0 10px' }}>
      <Text style={{ ...small, margin: 0 }}>
        {day(departingAtLocal)} · {segment.carrierName} {segment.carrier} {segment.flightNumber} ·{' '}
        {segment.cabin.replaceAll('_', ' ')}
      </Text>
      <Row>
        <Column style={{ width: '50%', verticalAlign: 'top' }}>
          <Text style={big}>
            {clock(departingAtLocal)} {origin}
          </Text>
          <Text style={{ ...small, margin: 0 }}>{placeName(origin)}</Text>
        </Column>
        <Column style={{ width: '50%', verticalAlign: 'top' }}>
          <Text style={big}>
            {clock(arrivingAtLocal)} {destination}
          </Text>
          <Text style={{ ...small, margin: 0 }}>
            {placeName(destination)}
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
      {hours(minutes)} layover in {placeName(from.destination)}
      {moves && `; change to ${placeName(to.origin)}`}
    </Text>
  );
}
