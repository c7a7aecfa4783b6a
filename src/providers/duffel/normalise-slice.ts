import { Duration, IANAZone } from 'luxon';
import { z } from 'zod';
import { airport, instantAt } from '../../domain/airports.ts';
import type { Segment, Slice } from '../../domain/offer.ts';
import { optionalText } from '../lenient.ts';
import { carriageSchema } from './normalise-terms.ts';

const place = z.object({ iata_code: z.string(), time_zone: z.string().nullish() });
const segmentSchema = z.object({
  origin: place,
  destination: place,
  departing_at: z.string(),
  arriving_at: z.string(),
  duration: z.string().nullable(),
  marketing_carrier: z.object({ iata_code: z.string().nullable(), name: z.string() }),
  marketing_carrier_flight_number: z.string(),
  operating_carrier: z.object({ iata_code: optionalText, name: z.string() }).nullable().catch(null),
  operating_carrier_flight_number: optionalText,
  origin_terminal: optionalText,
  destination_terminal: optionalText,
  aircraft: z.object({ name: z.string() }).nullable().catch(null),
  stops: z.array(z.unknown()).nullish(),
  passengers: z.array(carriageSchema),
});
/** One direction of an offer or order. */
export const sliceSchema = z.object({
  origin: place,
  destination: place,
  duration: z.string().nullable(),
  fare_brand_name: z.string().nullish(),
  segments: z.array(segmentSchema).min(1),
});
type RawSegment = z.infer<typeof segmentSchema>;

export function toSlice(slice: z.infer<typeof sliceSchema>): Slice {
  const [first, last] = [slice.segments[0] as RawSegment, slice.segments.at(-1) as RawSegment];
  return {
    origin: slice.origin.iata_code,
    destination: slice.destination.iata_code,
    durationMinutes: minutes(slice.duration, departs(first), arrives(last)),
    segments: slice.segments.map(toSegment),
  };
}

function toSegment(segment: RawSegment): Segment {
  return {
    origin: segment.origin.iata_code,
    destination: segment.destination.iata_code,
    departingAtLocal: segment.departing_at.slice(0, 19),
    arrivingAtLocal: segment.arriving_at.slice(0, 19),
    ...zonesOf(segment),
    durationMinutes: minutes(segment.duration, departs(segment), arrives(segment)),
    carrier: segment.marketing_carrier.iata_code ?? '',
    carrierName: segment.marketing_carrier.name,
    flightNumber: segment.marketing_carrier_flight_number,
    cabin: segment.passengers[0]?.cabin_class ?? 'unknown',
    stops: segment.stops?.length ?? 0,
    ...knownOf(segment),
  };
}

/** What an airline says of a flight where it likes to. Source: Duffel, "Orders", segments: each may be null. */
function knownOf(segment: RawSegment): Partial<Segment> {
  const { operating_carrier: operator, marketing_carrier: seller, aircraft } = segment;
  const flown = operator && operator.name !== seller.name ? operator : null;
  const number = flown && segment.operating_carrier_flight_number;
  return {
    ...(flown && {
      operatedBy: number ? `${flown.name} ${flown.iata_code ?? ''} ${number}`.replace('  ', ' ') : flown.name,
    }),
    ...(segment.origin_terminal && { departureTerminal: segment.origin_terminal }),
    ...(segment.destination_terminal && { arrivalTerminal: segment.destination_terminal }),
    ...(aircraft && { aircraft: aircraft.name }),
  };
}

/** The zone that Duffel names, where ours is unknown. */
const zoneOf = ({ iata_code, time_zone }: z.infer<typeof place>): string | undefined =>
  time_zone && !airport(iata_code) && IANAZone.isValidZone(time_zone) ? time_zone : undefined;

function zonesOf({ origin, destination }: RawSegment): Pick<Segment, 'departingZone' | 'arrivingZone'> {
  const [departingZone, arrivingZone] = [zoneOf(origin), zoneOf(destination)];
  return { ...(departingZone && { departingZone }), ...(arrivingZone && { arrivingZone }) };
}

const departs = ({ origin, departing_at }: RawSegment): Date =>
  instantAt(origin.iata_code, departing_at.slice(0, 19), zoneOf(origin));
const arrives = ({ destination, arriving_at }: RawSegment): Date =>
  instantAt(destination.iata_code, arriving_at.slice(0, 19), zoneOf(destination));

/** An ISO 8601 duration in minutes. Airlines leave some out: then it is computed, for a fare of unknown length is not a short one. */
function minutes(iso: string | null, from: Date, to: Date): number {
  const stated = iso === null ? Number.NaN : Duration.fromISO(iso).as('minutes');
  return Math.round(stated > 0 ? stated : (to.getTime() - from.getTime()) / 60_000);
}
