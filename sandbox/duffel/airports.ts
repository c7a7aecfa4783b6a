import data from 'airport-data-js';
import { refuse } from './errors.ts';

export interface Airport {
  iata_code: string;
  name: string;
  city_name: string;
  time_zone: string;
}

const known = new Map<string, Airport>();

/** Looks an airport up by its IATA code; one that does not exist is refused as Duffel refuses it. */
export async function airport(code: string): Promise<Airport> {
  const cached = known.get(code);
  if (cached) return cached;
  const [row] = await data.getAirportByIata(code).catch(() => []);
  if (!row)
    return refuse(422, 'validation_error', 'airport_not_found', `No airport ${code}.`, '/slices/0/origin');
  const found = {
    iata_code: code,
    name: row.airport,
    city_name: row.airport.replace(/ (International )?Airport$/, ''),
    time_zone: row.time,
  };
  known.set(code, found);
  return found;
}
