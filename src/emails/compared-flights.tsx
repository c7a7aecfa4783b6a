import { Column, Row, Section, Text } from 'react-email';
import type { Segment, Slice } from '../domain/offer.ts';
import { clock, day, placeName, saidOf } from './itinerary.tsx';
import { ink, Part, small } from './layout.tsx';

const cell = { width: '50%', verticalAlign: 'top', padding: '0 6px 8px 0' };

/** The flights as they were beside those of now, slice by slice; every time is the local time of its airport. */
export function ComparedFlights({ before, after }: { before: readonly Slice[]; after: readonly Slice[] }) {
  return (
    <>
      {pairs(before, after).map(([was, is]) => {
        const { origin, destination } = (is ?? was) as Slice;
        return (
          <Part
            key={`${origin}${was?.segments[0]?.departingAtLocal}${is?.segments[0]?.departingAtLocal}`}
            title={`${placeName(origin)} to ${placeName(destination)}`}
          >
            <Section>
              <Row>
                <Column style={cell}>
                  <Text style={{ ...small, fontWeight: 600, margin: '0 0 4px' }}>Before</Text>
                  <Flights slice={was} old />
                </Column>
                <Column style={cell}>
                  <Text style={{ ...small, color: ink.strong, fontWeight: 600, margin: '0 0 4px' }}>Now</Text>
                  <Flights slice={is} />
                </Column>
              </Row>
            </Section>
          </Part>
        );
      })}
      <Text style={small}>All times are local to the airport.</Text>
    </>
  );
}

/** Slices of the same route side by side; what has no counterpart stands alone. */
function pairs(
  before: readonly Slice[],
  after: readonly Slice[],
): (readonly [Slice | undefined, Slice | undefined])[] {
  const left = [...after];
  const rows = before.map((was) => {
    const at = left.findIndex(
      ({ origin, destination }) => origin === was.origin && destination === was.destination,
    );
    const [is] = at < 0 ? [] : left.splice(at, 1);
    return [was, is] as const;
  });
  return [...rows, ...left.map((is) => [undefined, is] as const)];
}

function Flights({ slice, old = false }: { slice: Slice | undefined; old?: boolean }) {
  if (!slice)
    return <Text style={{ ...small, fontSize: 14, margin: 0 }}>{old ? 'None' : 'No longer flown'}</Text>;
  return slice.segments.map((segment) => (
    <Flight key={segment.departingAtLocal + segment.flightNumber} segment={segment} old={old} />
  ));
}

function Flight({ segment, old }: { segment: Segment; old: boolean }) {
  const { origin, destination, departingAtLocal, arrivingAtLocal, carrier, flightNumber } = segment;
  const arrivesOn =
    departingAtLocal.slice(0, 10) === arrivingAtLocal.slice(0, 10) ? '' : `, ${day(arrivingAtLocal)}`;
  const colour = old ? ink.soft : ink.strong;
  return (
    <>
      <Text style={{ ...small, color: colour, margin: 0 }}>{day(departingAtLocal)}</Text>
      <Text
        style={{ color: colour, fontSize: 15, fontWeight: old ? 400 : 600, lineHeight: '21px', margin: 0 }}
      >
        {clock(departingAtLocal)} {origin}
        <br />
        {clock(arrivingAtLocal)} {destination}
      </Text>
      <Text style={{ ...small, color: colour, margin: '0 0 8px' }}>
        {[
          `${carrier} ${flightNumber}${arrivesOn && `, arrives${arrivesOn.slice(1)}`}`,
          ...(old ? [] : saidOf(segment)),
        ].join(' · ')}
      </Text>
    </>
  );
}
